/* Show a page as slides: press p, or open it with #project. Arrow keys, space or a click on the right or left half
   turn over, Escape ends. A slide is what fits on the screen, and begins anew at each heading of a section. */

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

  /* Lists of pieces that fit on the screen together. */
  function pack(all) {
    const room = window.innerHeight * 0.92;
    const found = [];
    let used = Infinity;
    for (const piece of all) {
      const height = piece.getBoundingClientRect().height;
      if (height === 0) continue;
      if (/^H[12]$/.test(piece.tagName) || used + height > room) {
        found.push([]);
        used = 0;
      }
      found[found.length - 1].push(piece);
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

  function begin() {
    const article = document.querySelector("article.bd-article");
    if (!article) return;
    document.documentElement.classList.add("projecting");
    slides = pack(pieces(article));
    show(0);
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
    if (event.key === "p" && !slides) begin();
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
    if (location.hash === "#project") ready.then(begin);
  });
})();
