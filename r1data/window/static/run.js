// A run's page as it goes: the server says that something has changed, the new state is fetched, and only what differs
// is changed on the page, so that nothing flickers, closes or loses the focus.
"use strict";
(() => {
  const root = document.getElementById("state");

  const OWN = new Set(["open", "hidden"]);

  // Makes `old` like `fresh`. An element with data-keep stays as it is; an open <details> stays open, a hidden chart hidden.
  function morph(old, fresh) {
    if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName || old.id !== fresh.id) {
      old.replaceWith(document.importNode(fresh, true));
      return;
    }
    if (old.nodeType !== Node.ELEMENT_NODE) {
      if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue;
      return;
    }
    for (const { name, value } of [...fresh.attributes]) {
      if (!OWN.has(name) && old.getAttribute(name) !== value) old.setAttribute(name, value);
    }
    for (const { name } of [...old.attributes]) {
      if (!OWN.has(name) && !fresh.hasAttribute(name)) old.removeAttribute(name);
    }
    if (old.hasAttribute("data-keep")) return;
    morphChildren(old, fresh);
  }

  function morphChildren(old, fresh) {
    let here = old.firstChild;
    for (const next of [...fresh.childNodes]) {
      if (next.id) {
        // What stands between belongs to what is gone, or comes later by its own id.
        const same = [...old.children].find((child) => child.id === next.id);
        if (same && same !== here) old.insertBefore(same, here);
        if (same) here = same;
      }
      if (here === null) {
        old.append(document.importNode(next, true));
      } else if ((next.id ?? "") !== (here.id ?? "")) {
        // What has a name is never made into something else.
        old.insertBefore(document.importNode(next, true), here);
      } else {
        const after = here.nextSibling;
        morph(here, next);
        here = after;
      }
    }
    while (here !== null) {
      const after = here.nextSibling;
      here.remove();
      here = after;
    }
  }

  let busy = false;
  let again = false;

  async function refresh() {
    if (busy || document.hidden) {
      again = true;
      return;
    }
    busy = true;
    again = false;
    try {
      const response = await fetch(root.dataset.state);
      if (response.ok) {
        const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
        const shell = root.cloneNode(false);
        shell.append(...fresh.body.childNodes);
        morph(root, shell);
        const state = root.querySelector("h1 .state");
        if (state) document.title = document.title.replace(/: \S+ · r1$/, `: ${state.className.split("is-").pop()} · r1`);
        document.dispatchEvent(new CustomEvent("r1:state"));
      }
    } catch {
      // The server is gone for a moment; the event source tries again, and then so does this.
    } finally {
      busy = false;
      if (again && !document.hidden) refresh();
    }
  }

  if (root && root.dataset.live) {
    const source = new EventSource(`/live/${root.dataset.live}`);
    source.addEventListener("changed", refresh);
    // After a break something may have changed unseen.
    let opened = false;
    source.addEventListener("open", () => {
      if (opened) refresh();
      opened = true;
    });
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && again) refresh();
    });
    addEventListener("pagehide", () => source.close());
  }

  // A drawing that is wider than the screen begins at the step that runs, or at the first.
  const drawing = document.getElementById("drawing");
  const box = [".is-running", ".is-failed", ".is-interrupted", ""].map((state) => drawing?.querySelector(`.step${state}`)).find(Boolean);
  if (box) drawing.scrollLeft += box.getBoundingClientRect().left - drawing.getBoundingClientRect().left - drawing.clientWidth / 3;

  function duration(seconds) {
    const whole = Math.round(seconds);
    if (whole < 100) return seconds < 10 ? `${seconds.toFixed(1)} s` : `${whole} s`;
    if (whole < 6000) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
    return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
  }

  // Times that run: counted from when the page got them, since clocks of two machines differ.
  const got = new WeakMap();
  setInterval(() => {
    for (const place of document.querySelectorAll("[data-since]")) {
      const key = `${place.dataset.since} ${place.dataset.base}`;
      if (got.get(place)?.key !== key) got.set(place, { key, at: performance.now() });
      place.textContent = duration(Number(place.dataset.base) + (performance.now() - got.get(place).at) / 1000);
    }
  }, 1000);

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const source = document.getElementById(button.dataset.copy);
    const text = source.textContent;
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(source);
      button.textContent = "Selected";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  });
})();
