// Keys of the list of rows: / to the search, j and k along the rows; Enter opens the row, as for every link.
"use strict";
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
  if (event.key === "/") {
    event.preventDefault();
    document.getElementById("search").focus();
    return;
  }
  if (event.key !== "j" && event.key !== "k") return;
  const links = [...document.querySelectorAll(".row-link")];
  const at = links.findIndex((link) => link.closest("li").contains(document.activeElement));
  const next = event.key === "j" ? at + 1 : at < 0 ? links.length - 1 : at - 1;
  if (links[next]) {
    links[next].focus();
    links[next].closest("li").scrollIntoView({ block: "nearest" });
  }
});
