// Opens and closes all paragraphs of a text in place; without it the link opens them with a new page.
"use strict";
(() => {
  for (const link of document.querySelectorAll("[data-open-all]")) {
    const details = () => [...link.closest("section").querySelectorAll(".paragraphs details")];
    const name = () => { link.textContent = details().every((each) => each.open) ? "Close all paragraphs" : "Open all paragraphs"; };
    link.setAttribute("role", "button");
    link.addEventListener("click", (event) => {
      event.preventDefault();
      const open = !details().every((each) => each.open);
      for (const each of details()) each.open = open;
      name();
    });
    link.addEventListener("keydown", (event) => {
      if (event.key === " ") { event.preventDefault(); link.click(); }
    });
    name();
  }
})();
