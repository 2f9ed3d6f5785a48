/* What a reader of a page would stumble over, as lists of words: pieces that stick out of the page (`wide`), and text that
   hardly differs from what it stands on (`faint`): less than 4.5 to 1, the least that WCAG 2.2 asks for. */
(() => {
  const article = document.querySelector("article.bd-article");
  const words = (element) => `${element.tagName} ${element.textContent.trim().slice(0, 40)}`;
  const scrolls = (element) => element !== article && /auto|scroll|hidden/.test(getComputedStyle(element).overflowX);
  const inside = (element, test) => {
    for (let one = element; one && one !== document.body; one = one.parentElement) if (test(one)) return true;
    return false;
  };

  const edge = article.getBoundingClientRect().right + 2;
  const sticksOut = (element) => {
    const box = element.getBoundingClientRect();
    return box.width > 0 && box.height > 0 && box.right > edge && !inside(element.parentElement, scrolls);
  };
  const wide = [...article.querySelectorAll(":not(svg *, mjx-container *)")].filter(sticksOut).map(words);
  if (document.documentElement.scrollWidth > document.documentElement.clientWidth) wide.push("the page itself");

  const colour = (text) => {
    const [red, green, blue, alpha = 1] = text.match(/[\d.]+/g).map(Number);
    const scale = text.startsWith("color(") ? 255 : 1;
    return { rgb: [red * scale, green * scale, blue * scale], alpha };
  };
  const over = (above, below) => above.rgb.map((part, i) => part * above.alpha + below[i] * (1 - above.alpha));
  const light = (rgb) => {
    const [red, green, blue] = rgb.map((part) => (part / 255 <= 0.04 ? part / 3294.6 : ((part / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const ground = (element) => {
    const above = [];
    for (let one = element; one; one = one.parentElement) above.push(colour(getComputedStyle(one).backgroundColor));
    return above.reverse().reduce((below, one) => over(one, below), [255, 255, 255]);
  };
  const contrast = (element) => {
    const below = ground(element);
    const [least, most] = [light(over(colour(getComputedStyle(element).color), below)), light(below)].sort((a, b) => a - b);
    return (most + 0.05) / (least + 0.05);
  };

  const faint = new Set();
  const texts = document.createTreeWalker(article, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    const seen = texts.currentNode.data.trim() && element.getClientRects().length && !element.closest("svg, [disabled], script, style, .headerlink");
    if (seen && contrast(element) < 4.5) faint.add(`${words(element)}: ${contrast(element).toFixed(1)}`);
  }
  return { wide, faint: [...faint] };
})();
