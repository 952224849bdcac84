// Small comforts; every page works without them.
(() => {
  "use strict";
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];

  // Times in the reader's own zone; UTC stays in the title.
  const near = new Intl.DateTimeFormat([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
  const far = new Intl.DateTimeFormat([], { day: "2-digit", month: "short", hour: "2-digit", minute: "2-digit" });
  const showTimes = (within) => {
    for (const element of all("time[datetime]", within)) {
      const at = new Date(element.dateTime);
      const today = at.toDateString() === new Date().toDateString();
      element.textContent = (today ? near : far).format(at);
    }
  };

  // Parts of a page that are renewed while somebody looks at them. Only what differs is changed:
  // focus, an open <details>, what is typed and where a screen reader reads stay as they are.
  const takeOver = (old, fresh) => {
    const before = [...old.childNodes];
    const after = [...fresh.childNodes];
    after.forEach((node, number) => {
      const was = before[number];
      if (!was) old.append(node);
      else if (was.nodeName !== node.nodeName || was.id !== node.id) was.replaceWith(node);
      else if (node instanceof Element) {
        takeOverAttributes(was, node);
        takeOver(was, node);
      } else if (was.data !== node.data) was.data = node.data;
    });
    before.slice(after.length).forEach((node) => node.remove());
  };
  const takeOverAttributes = (old, fresh) => {
    const gone = old.getAttributeNames().filter((name) => name !== "open" && !fresh.hasAttribute(name));
    gone.forEach((name) => old.removeAttribute(name));
    for (const { name, value } of fresh.attributes) {
      if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    }
  };
  const renew = async (part) => {
    if (document.hidden) return;
    const answer = await fetch(part.dataset.renew, { headers: { Accept: "text/html" } }).catch(() => null);
    if (answer === null || !answer.ok || answer.redirected) return;
    const fresh = document.createElement("div");
    fresh.innerHTML = await answer.text();
    showTimes(fresh);
    takeOver(part, fresh);
    const words = part.querySelector("[data-words]")?.dataset.words;
    const said = document.getElementById(part.dataset.say);
    if (said && said.textContent !== words) said.textContent = words; // read out when it changes
  };
  const renewAgain = (part) => setTimeout(async () => {
    await renew(part).catch(() => {}); // the server is away for a while
    renewAgain(part);
  }, Number(part.dataset.every) * 1000);
  all("[data-renew]").forEach(renewAgain);

  // The live feed: new rows on top, the oldest fall off.
  const mostRows = 200;
  for (const body of all("tbody[data-stream]")) {
    const state = document.querySelector("[data-stream-state]");
    const source = new EventSource(body.dataset.stream);
    source.onopen = () => { state.textContent = "Live"; };
    source.onerror = () => { state.textContent = "Connecting again…"; };
    source.onmessage = (event) => {
      body.insertAdjacentHTML("afterbegin", JSON.parse(event.data));
      showTimes(body.firstElementChild);
      while (body.rows.length > mostRows) body.lastElementChild.remove();
    };
    addEventListener("pagehide", () => source.close());
  }

  // Theme: the system's, unless another was chosen here.
  const themeButton = document.querySelector("[data-theme]:is(button)");
  if (themeButton) {
    themeButton.hidden = false;
    themeButton.addEventListener("click", () => {
      const root = document.documentElement;
      const dark = root.dataset.theme
        ? root.dataset.theme === "dark"
        : matchMedia("(prefers-color-scheme: dark)").matches;
      root.dataset.theme = dark ? "light" : "dark";
      localStorage.setItem("postroad-theme", root.dataset.theme);
    });
  }

  // Keyboard.
  const keys = document.getElementById("keys");
  const keysButton = document.querySelector("[data-keys]");
  if (keysButton) {
    keysButton.hidden = false;
    keysButton.addEventListener("click", () => keys.showModal());
  }
  let going = 0;
  const move = (by) => {
    const links = all("tbody tr").map((row) => row.querySelector("a, button, input")).filter(Boolean);
    if (!links.length) return;
    const row = document.activeElement.closest("tbody tr");
    const here = row ? links.findIndex((link) => row.contains(link)) : -1;
    links[Math.min(Math.max(here + by, 0), links.length - 1)].focus();
  };
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select");
    if (typing || event.ctrlKey || event.metaKey || event.altKey || keys?.open) return;
    if (Date.now() - going < 1500) {
      going = 0;
      document.querySelector(`nav a[data-key="${CSS.escape(event.key)}"]`)?.click();
    } else if (event.key === "g") going = Date.now();
    else if (event.key === "/") { event.preventDefault(); document.getElementById("find")?.focus(); }
    else if (event.key === "?") keys?.showModal();
    else if (event.key === "j") move(1);
    else if (event.key === "k") move(-1);
  });

  // Select every row of a table.
  for (const box of all("input[data-all]")) {
    box.hidden = false;
    box.addEventListener("change", () => {
      for (const other of all(`input[name="${box.dataset.all}"]`)) other.checked = box.checked;
    });
  }

  // Ask before what cannot be undone.
  for (const form of all("form[data-confirm]")) {
    form.addEventListener("submit", (event) => {
      if (!confirm(form.dataset.confirm)) event.preventDefault();
    });
  }

  showTimes(document);
})();
