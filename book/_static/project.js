/* Show a page as slides: press p, or open it with #project, or with #project-7 at the seventh. Arrow keys, space or a
   click on the right or left half turn over, Escape ends. A slide is what fits on the screen, and begins anew at each
   heading of a section. */

(() => {
  const TURN = { ArrowRight: 1, PageDown: 1, " ": 1, ArrowLeft: -1, PageUp: -1 };
  let slides = null;
  let current = 0;

  /* The pieces of a page in their order: sections are taken apart, everything else stays whole. */
  function pieces(element) {
    return [...element.children].flatMap((child) =>
      child.tagName === "SECTION" ? pieces(child) : [child]
    );
  }

  const isHeading = (piece) => /^H[1-6]$/.test(piece.tagName);

  /* Lists of pieces that fit on the screen together; a heading never stands alone. */
  function pack(all) {
    const room = window.innerHeight * 0.92;
    const found = [];
    let used = Infinity;
    for (const piece of all) {
      const height = piece.getBoundingClientRect().height;
      if (height === 0) continue;
      const before = found.at(-1) ?? [];
      const full = used + height > room && !before.every(isHeading);
      if (/^H[12]$/.test(piece.tagName) || full || found.length === 0) {
        const headings = [];
        while (before.length > 1 && isHeading(before.at(-1))) headings.unshift(before.pop());
        found.push(headings);
        used = headings.reduce((sum, one) => sum + one.getBoundingClientRect().height, 0);
      }
      found.at(-1).push(piece);
      used += height + 16;
    }
    return found;
  }

  function show(number) {
    current = Math.max(0, Math.min(number, slides.length - 1));
    slides.flat().forEach((piece) => piece.classList.add("projected-away"));
    slides[current].forEach((piece) => piece.classList.remove("projected-away"));
    document.documentElement.dataset.slide = `${current + 1} / ${slides.length}`;
    window.scrollTo(0, 0);
  }

  function begin(first) {
    const article = document.querySelector("article.bd-article");
    if (!article) return;
    document.documentElement.classList.add("projecting");
    slides = pack(pieces(article));
    show(first - 1);
  }

  function end() {
    slides.flat().forEach((piece) => piece.classList.remove("projected-away"));
    document.documentElement.classList.remove("projecting");
    slides[current][0].scrollIntoView();
    slides = null;
  }

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "p" && !slides) begin(1);
    else if ((event.key === "Escape" || event.key === "p") && slides) end();
    else if (slides && event.key in TURN) {
      event.preventDefault();
      show(current + TURN[event.key]);
    }
  });

  document.addEventListener("click", (event) => {
    if (slides && !event.target.closest("a, button, summary, input, .toggle, .toggle-button")) {
      show(current + (event.clientX > window.innerWidth / 2 ? 1 : -1));
    }
  });

  /* Formulas take their room only when they have been set. */
  window.addEventListener("load", () => {
    const ready = window.MathJax?.startup?.promise ?? Promise.resolve();
    const asked = /^#project(?:-(\d+))?$/.exec(location.hash);
    if (asked) ready.then(() => begin(Number(asked[1] ?? 1)));
  });
})();
