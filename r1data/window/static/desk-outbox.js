// What the desk stands on: this browser's storage under one prefix, and requests that say whether to try again.
"use strict";
window.r1Desk = (prefix) => {
  const PATIENCE = 30000; // milliseconds that a request may take

  const unstored = new Map(); // what the storage had no room for
  const storage = {
    isUnstored: (name) => unstored.has(name),
    get(name) {
      if (unstored.has(name)) return unstored.get(name);
      try { return JSON.parse(localStorage.getItem(prefix + name)); } catch { return null; }
    },
    set(name, value) {
      try {
        localStorage.setItem(prefix + name, JSON.stringify(value));
        unstored.delete(name);
        return true;
      } catch {
        unstored.set(name, value);
        return false;
      }
    },
    remove(name) {
      unstored.delete(name);
      try { localStorage.removeItem(prefix + name); } catch { /* there is no storage */ }
    },
    names(start) {
      let stored = [];
      try { stored = Object.keys(localStorage); } catch { /* there is no storage */ }
      stored = stored.filter((name) => name.startsWith(prefix + start)).map((name) => name.slice(prefix.length));
      return [...new Set([...stored, ...unstored.keys()])].filter((name) => name.startsWith(start));
    },
  };

  /** The text of a response, or an error whose `lasting` says that asking again will not help. `patience`: milliseconds. */
  async function ask(path, values, patience = PATIENCE) {
    const options = { headers: { Accept: "application/json, text/html" }, credentials: "same-origin" };
    if (patience) options.signal = AbortSignal.timeout(patience);
    if (values) {
      options.method = "POST";
      options.headers["Content-Type"] = "application/json";
      options.body = JSON.stringify(values);
    }
    let response;
    try {
      response = await fetch(path, options);
      const text = await response.text();
      if (response.ok) return text;
      const problem = new Error(problemOf(response.status, text));
      problem.lasting = [400, 413, 422].includes(response.status);
      throw problem;
    } catch (error) {
      if (error.lasting === undefined) throw Object.assign(new Error("the window does not answer"), { lasting: false });
      throw error;
    }
  }

  function problemOf(status, text) {
    if (status === 401) return "the window was started again: open the address that it printed, in this browser";
    try { return JSON.parse(text).error || `error ${status}`; } catch { return `error ${status}`; }
  }

  const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

  function drawId() {
    // randomUUID exists in secure contexts alone, and a window may be open to a network
    return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  return { storage, ask, wait, drawId };
};
