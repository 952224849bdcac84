// Texts whose contrast is below what WCAG 2.2 asks for at level AA (1.4.3).
() => {
  const LEAST = 4.5;
  const linear = (value) =>
    value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4;
  const luminance = ([red, green, blue]) =>
    0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
  const opaque = (css) => {
    const numbers = css.match(/[\d.]+/g).map(Number);
    return numbers.length < 4 || numbers[3] === 1 ? numbers : null;
  };
  const behind = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const colour = opaque(getComputedStyle(one).backgroundColor);
      if (colour) return colour;
    }
    return [255, 255, 255];
  };

  const pale = new Set();
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    const elsewhere = element.closest("svg, .unseen, .skip, option, dialog");
    if (!texts.currentNode.textContent.trim() || !element.checkVisibility() || elsewhere) continue;
    const text = luminance(opaque(getComputedStyle(element).color));
    const ground = luminance(behind(element));
    const ratio = (Math.max(text, ground) + 0.05) / (Math.min(text, ground) + 0.05);
    if (ratio < LEAST) pale.add(`${element.tagName}.${element.className} ${ratio.toFixed(2)}`);
  }
  return [...pale];
}
