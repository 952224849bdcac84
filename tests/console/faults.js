// What a screen reader would stumble over, and what the content policy forbids.
() => {
  const faults = [];
  const all = (selector) => [...document.querySelectorAll(selector)];
  const name = (element) =>
    (element.getAttribute("aria-label") || element.textContent || "").trim() ||
    [...(element.labels || [])].map((label) => label.textContent.trim()).join("") ||
    document.getElementById(element.getAttribute("aria-labelledby"))?.textContent.trim();

  const levels = all("h1, h2, h3").map((heading) => Number(heading.tagName[1]));
  if (levels.filter((level) => level === 1).length !== 1) faults.push("not one h1");
  if (levels.some((level, i) => i && level > levels[i - 1] + 1)) faults.push("a heading is left out");
  if (!document.documentElement.lang) faults.push("no language");
  if (all("main").length !== 1) faults.push("not one main");

  const named = "a, button, input:not([type=hidden]), select, svg[role=img], [role=region], nav";
  for (const element of all(named)) {
    if (!name(element)) faults.push(`no name: ${element.outerHTML.slice(0, 90)}`);
  }
  for (const image of all("img:not([alt])")) faults.push(`no alt: ${image.src}`);
  for (const cell of all("thead th:not([scope=col])")) faults.push(`no scope: ${cell.textContent}`);
  const ids = all("[id]").map((element) => element.id);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) faults.push(`twice: #${id}`);
  for (const element of all("[style], script:not([src])")) {
    faults.push(`inline: ${element.outerHTML.slice(0, 60)}`);
  }
  return faults;
}
