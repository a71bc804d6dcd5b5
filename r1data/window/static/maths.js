// Draws the formulae of a page: each `.maths` holds its source with delimiters, and keeps it where it cannot be drawn.
//
// Sources are hostile. KaTeX makes no links or images (trust: false) and stops macros that grow (maxExpand). What is out
// of sight waits, a formula or a page with too much stays source, and the page answers between formulae.
"use strict";
(() => {
  const LONGEST = 2000; // characters of a formula
  const MOST_CHARACTERS = 120000; // of all formulae drawn on a page
  const MOST_TIME = 6000; // milliseconds of drawing on a page
  const SLICE = 12; // milliseconds of drawing before the page may answer

  // MathML would double the nodes; the source is the label instead.
  const OPTIONS = { output: "html", throwOnError: true, trust: false, strict: "ignore", maxExpand: 200, maxSize: 10 };
  const waiting = new Set();
  let drawnCharacters = 0;
  let spentTime = 0;
  let scheduled = false;

  function source(text) {
    const edge = text.startsWith("$") && !text.startsWith("$$") ? 1 : 2;
    return text.slice(edge, -edge);
  }

  const setAttribute = Element.prototype.setAttribute;

  // KaTeX gives widths of some signs as a style attribute, which the policy holds up; a script may set the same.
  function setWithStyle(name, value) {
    if (name === "style") this.style.cssText = value;
    else setAttribute.call(this, name, value);
  }

  function render(source, place, options) {
    Element.prototype.setAttribute = setWithStyle;
    try {
      window.katex.render(source, place, options);
    } finally {
      Element.prototype.setAttribute = setAttribute;
    }
  }

  function draw(node) {
    const text = node.textContent;
    if (text.length > LONGEST || drawnCharacters + text.length > MOST_CHARACTERS || spentTime > MOST_TIME) return;
    drawnCharacters += text.length;
    const place = document.createElement("span");
    try {
      render(source(text), place, { ...OPTIONS, displayMode: node.hasAttribute("data-display") });
    } catch (error) {
      node.title = "Not drawn: KaTeX cannot read it";
      return;
    }
    node.title = text;
    node.setAttribute("role", "math");
    node.setAttribute("aria-label", text);
    node.replaceChildren(...place.childNodes);
    node.classList.add("drawn");
  }

  function widen(nodes) {
    // Read all sizes first, then change: a change between two reads lays the page out anew.
    const isWide = (node) => node.scrollWidth > node.clientWidth + 1 && node.clientWidth + 4 > node.parentElement.clientWidth;
    const wide = nodes.filter((node) => node.classList.contains("drawn") && isWide(node));
    for (const node of wide) {
      node.classList.add("wide");
      node.tabIndex = 0;
    }
  }

  function work() {
    scheduled = false;
    const begin = performance.now();
    const done = [];
    for (const node of waiting) {
      waiting.delete(node);
      draw(node);
      done.push(node);
      if (performance.now() - begin > SLICE) break;
    }
    spentTime += performance.now() - begin;
    widen(done);
    if (waiting.size) schedule();
  }

  function schedule() {
    if (scheduled) return;
    scheduled = true;
    if (window.requestIdleCallback) window.requestIdleCallback(work, { timeout: 500 });
    else setTimeout(work, 16);
  }

  const observer = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      observer.unobserve(entry.target);
      waiting.add(entry.target);
    }
    if (waiting.size) schedule();
  }, { rootMargin: "300px" });

  function watch(root) {
    for (const node of root.querySelectorAll(".maths:not(.drawn)")) observer.observe(node);
  }

  function start() {
    if (!window.katex) return;
    watch(document);
    // Parts that htmx loads later.
    document.body.addEventListener("htmx:load", (event) => watch(event.detail.elt));
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
