// The annotator's desk: keys, drafts, and entries that are neither lost nor sent as two.
//
// An entry gets its id here and stays in this browser's storage until the server has said that it is on the disk. A
// reload, a server that was killed, a connection that broke: it is sent again, under the same id. What it stands on is
// in desk-outbox.js.
"use strict";
(() => {
  const desk = document.getElementById("desk");
  if (!desk) return;
  const { review, reviewer } = desk.dataset;
  const $ = (id) => document.getElementById(id);
  const { storage, ask, wait, drawId } = window.r1Desk(`r1-desk/${review}/`);
  const POLL = 10000; // milliseconds between two looks at how far others are
  const SHORTEST_WAIT = 500; // milliseconds before an entry is sent again; doubled up to LONGEST_WAIT
  const LONGEST_WAIT = 5000;
  const DONE = { accept: "accepted", edit: "edited", reject: "rejected", skip: "skipped" };

  // ---------------------------------------------------------------- what is said

  function say(message, bad = false) {
    const status = $("status");
    status.textContent = message;
    status.classList.toggle("bad", bad);
  }

  function standingText() {
    const { decided, rows, waiting } = $("standing").dataset;
    return `${decided} of ${rows} decided` + (waiting > 0 ? `, ${waiting} waiting for another reader` : "");
  }

  // ---------------------------------------------------------------- entries

  let delivering = false;

  const waiting = () => storage.names("entry/").filter((name) => !storage.get(name)?.refused);

  /** Sends every entry that waits, until none does. */
  async function deliver() {
    if (delivering) return;
    delivering = true;
    lock(true);
    let last = null;
    let pause = SHORTEST_WAIT;
    for (let names = waiting(); names.length; names = waiting()) {
      const entry = storage.get(names[0]);
      if (!entry) { storage.remove(names[0]); continue; }
      try {
        await ask("/review/entry", entry);
        storage.remove(names[0]);
        if (entry.decision === "edit" || !storage.get(draftName(entry))?.texts) storage.remove(draftName(entry));
        if (row && draftName(row) === draftName(entry)) row = null; // what is still on the page was decided
        last = entry;
        pause = SHORTEST_WAIT;
      } catch (error) {
        if (error.lasting) {
          storage.set(names[0], { ...entry, refused: error.message });
        } else {
          say(`Not stored yet: ${error.message}. Your decision is kept in this browser and sent again.`, true);
          await wait(pause);
          pause = Math.min(2 * pause, LONGEST_WAIT);
        }
      }
    }
    delivering = false;
    showRefused();
    await load(last ? DONE[last.decision] : null);
  }

  function enter(decision, values = {}) {
    if (!row || delivering) return;
    const { prompt_id, sample_index, response_id } = row;
    const entry = { entry_id: drawId(), review, reviewer, prompt_id, sample_index, response_id, decision, ...values };
    const note = $("note").value.trim();
    if (note) entry.note = note;
    entry.seconds = Math.round(secondsOn()) ;
    saveDraft();
    storage.set(`entry/${entry.entry_id}`, entry);
    say("Storing…");
    deliver();
  }

  /** Entries that the server will never take stay until the reviewer says what becomes of them. */
  function showRefused() {
    const names = storage.names("entry/").filter((name) => storage.get(name)?.refused);
    const place = $("refused");
    place.hidden = !names.length;
    place.replaceChildren(...names.map((name) => {
      const { refused, decision, prompt_id, sample_index } = storage.get(name);
      const line = document.createElement("p");
      line.append(`Not stored: ${decision} of ${prompt_id}/${sample_index}: ${refused} `);
      const again = button("Send it again", () => {
        const { refused: _, ...entry } = storage.get(name);
        storage.set(name, entry);
        deliver();
      });
      const discard = button("Discard it", () => { storage.remove(name); showRefused(); });
      line.append(again, " ", discard);
      return line;
    }));
  }

  function button(label, action) {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = label;
    made.addEventListener("click", action);
    return made;
  }

  async function undo() {
    if (delivering) return;
    lock(true);
    const values = { reviewer, review, undo_id: drawId() };
    for (let pause = SHORTEST_WAIT; ; pause = Math.min(2 * pause, LONGEST_WAIT)) {
      try {
        const { row: key } = JSON.parse(await ask("/review/undo", values));
        await load(key ? `taken back: ${key.prompt_id}/${key.sample_index}` : "there is nothing to take back");
        return;
      } catch (error) {
        say(`Not taken back yet: ${error.message}.`, true);
        if (error.lasting) { lock(false); return; }
        await wait(pause);
      }
    }
  }

  // ---------------------------------------------------------------- the row

  let row = null; // ids and texts of the row that is shown
  let edited = null; // the texts as the form held them before an edit
  let visibleSince = 0;
  let seconds = 0;

  function secondsOn() {
    const now = performance.now();
    if (!document.hidden) seconds += (now - visibleSince) / 1000;
    visibleSince = now;
    return seconds;
  }

  const draftName = (of) =>
    `draft/${encodeURIComponent(of.reviewer ?? reviewer)}/${of.response_id}/${of.sample_index}/${of.prompt_id}`;

  /** Asks for the reviewer's row and shows it. `done`: what to say first. */
  async function load(done) {
    for (let pause = SHORTEST_WAIT; ; pause = Math.min(2 * pause, LONGEST_WAIT)) {
      try {
        const text = await ask(`/review/row?reviewer=${encodeURIComponent(reviewer)}`);
        const parsed = new DOMParser().parseFromString(text, "text/html");
        if (parsed.getElementById("standing").dataset.review !== review) { location.reload(); return; }
        desk.replaceChildren(...parsed.body.childNodes);
        break;
      } catch (error) {
        say(`No row yet: ${error.message}.`, true);
        if (error.lasting) { row = null; lock(false); return; }
        await wait(pause);
      }
    }
    desk.dispatchEvent(new CustomEvent("htmx:load", { bubbles: true, detail: { elt: desk } }));
    show();
    scrollTo(0, 0);
    $("row-title").focus({ preventScroll: true });
    if (done) say(`${done[0].toUpperCase()}${done.slice(1)}; ${standingText()}`);
    else say(standingText());
  }

  /** Makes what the page holds usable: its row, its draft, its note. */
  function show() {
    const data = $("row-data");
    row = data ? JSON.parse(data.textContent) : null;
    edited = null;
    seconds = 0;
    visibleSince = performance.now();
    lock(false);
    if (!row) return;
    const draft = storage.get(draftName(row));
    const before = row.previous;
    $("note").value = draft?.note ?? before?.note ?? "";
    $("note-field").hidden = !$("note").value;
    $("editor").addEventListener("submit", (event) => { event.preventDefault(); save(); });
    $("editor").addEventListener("input", saveDraft);
    $("note").addEventListener("input", saveDraft);
    if (draft?.texts || before?.texts) {
      $("draft").hidden = false;
      $("draft").textContent = draft?.texts ? "There is a draft of an edit: e goes on with it." : "You edited this row before: e goes on with it.";
    }
    if (draft?.editing) edit();
  }

  function lock(on) {
    desk.setAttribute("aria-busy", String(on));
    enableButtons();
  }

  function enableButtons() {
    const busy = desk.getAttribute("aria-busy") === "true";
    const usable = { accept: !isEditing(), edit: !isEditing(), reject: !isEditing(), skip: !isEditing(), note: true };
    for (const each of document.querySelectorAll("#decide [data-do]")) {
      const name = each.dataset.do;
      each.disabled = name in usable ? busy || !row || !usable[name] : name === "undo" && (busy || isEditing());
    }
  }

  // ---------------------------------------------------------------- editing

  const fields = () => [...$("editor").querySelectorAll("textarea")];
  const isEditing = () => Boolean(row) && !$("editor").hidden;

  function edit(from) {
    if (!row || delivering) return;
    // A text area changes line ends and some characters; what it held at first is what an edit is compared with.
    edited = {};
    const texts = from ?? storage.get(draftName(row))?.texts ?? row.previous?.texts ?? {};
    for (const field of fields()) {
      field.value = row.texts[field.name] ?? "";
      edited[field.name] = field.value;
      if (texts[field.name] !== undefined) field.value = texts[field.name];
    }
    $("reading").hidden = true;
    $("editor").hidden = false;
    enableButtons();
    const first = fields()[0];
    first.focus();
    first.setSelectionRange(0, 0);
    first.scrollTop = 0;
    saveDraft();
    say("Editing; Ctrl+Enter saves, Esc leaves and keeps the draft");
  }

  function changedTexts() {
    const changed = fields().filter((field) => edited && field.value !== edited[field.name]);
    return Object.fromEntries(changed.map((field) => [field.name, field.value]));
  }

  function saveDraft() {
    if (!row) return;
    const draft = { ...storage.get(draftName(row)), note: $("note").value, editing: isEditing() };
    if (edited) {
      draft.texts = changedTexts();
      if (!Object.keys(draft.texts).length) delete draft.texts;
    }
    if (!draft.texts && !draft.note && !draft.editing) storage.remove(draftName(row));
    else if (!storage.set(draftName(row), draft)) say("This browser's storage is full: the draft would not survive a reload", true);
  }

  function leave() {
    const texts = changedTexts();
    $("editor").hidden = true;
    $("reading").hidden = false;
    enableButtons();
    saveDraft();
    const kept = Object.keys(texts).length > 0;
    $("draft").hidden = !kept;
    $("draft").textContent = "There is a draft of an edit: e goes on with it.";
    say(kept ? "Draft kept" : "Nothing was changed");
    focusButton("edit");
  }

  function restore() {
    for (const field of fields()) field.value = edited[field.name];
    saveDraft();
    say("Back to the original text");
    fields()[0].focus();
  }

  function save() {
    const texts = changedTexts();
    if (!Object.keys(texts).length) { say("Nothing was changed: change a text, or leave with Esc and accept", true); return; }
    enter("edit", { texts });
  }

  function focusButton(name) {
    document.querySelector(`#decide [data-do="${name}"]`).focus({ preventScroll: true });
  }

  // ---------------------------------------------------------------- reading

  function step(by) {
    const all = [...desk.querySelectorAll(".paragraph")];
    if (!all.length || isEditing()) return;
    const at = all.findIndex((each) => each.classList.contains("current"));
    const next = all[Math.min(all.length - 1, Math.max(0, at < 0 && by < 0 ? 0 : at + by))];
    all[at]?.classList.remove("current");
    next.classList.add("current");
    if (next.tagName === "DETAILS") next.open = true;
    next.focus({ preventScroll: true });
    next.scrollIntoView({ block: next.clientHeight > innerHeight / 2 ? "start" : "center" });
  }

  function foldAll() {
    const all = [...desk.querySelectorAll("details.paragraph")];
    const open = all.some((each) => !each.open);
    for (const each of all) each.open = open;
    say(open ? "All paragraphs are open" : "Long paragraphs are folded");
  }

  function note() {
    if (!row) return;
    $("note-field").hidden = false;
    $("note").focus();
    $("note").scrollIntoView({ block: "center" });
  }

  // ---------------------------------------------------------------- keys and buttons

  const dialogs = () => [...document.querySelectorAll("dialog")];
  const openDialog = () => dialogs().find((each) => each.open);

  function reject() {
    if (!row || delivering) return;
    $("reason").value = row.previous?.reason ?? "";
    $("reject").showModal();
    $("reject").querySelector("[data-reason]").focus();
  }

  function rejectFor(reason) {
    $("reject").close();
    enter("reject", { reason });
  }

  function askFinish() {
    const { decided, rows } = $("standing").dataset;
    const left = rows - decided;
    $("finish-text").textContent = left
      ? `${decided} of ${rows} rows are decided. The other ${left} go on undecided.`
      : `All ${rows} rows are decided.`;
    $("finish").showModal();
  }

  async function finish() {
    $("finish").close();
    lock(true);
    say("Writing the dataset…");
    try {
      await ask("/review/finish", { reviewer }, null);
      location.reload();
    } catch (error) {
      say(`Not written: ${error.message}`, true);
      lock(false);
    }
  }

  const ACTIONS = {
    accept: () => enter("accept"), edit: () => edit(), reject, note, skip: () => enter("skip"), undo,
    help: () => $("help").showModal(), close: () => openDialog()?.close(), leave, restore, finish, "ask-finish": askFinish,
  };
  const KEYS = { a: "accept", e: "edit", r: "reject", n: "note", s: "skip", u: "undo", "?": "help" };

  function onKey(event) {
    if (event.isComposing || event.altKey || event.metaKey) return;
    const typing = event.target.closest("textarea, input:not([type=checkbox]), select");
    const dialog = openDialog();
    if (event.ctrlKey) {
      if (event.key === "Enter" && isEditing() && !dialog) { event.preventDefault(); save(); }
      return;
    }
    if (dialog) { onDialogKey(event, dialog, typing); return; }
    if (event.key === "Escape" && typing?.id === "note") {
      event.preventDefault();
      if (isEditing()) fields()[0].focus();
      else focusButton("note");
      return;
    }
    if (event.key === "Escape" && isEditing()) { event.preventDefault(); leave(); return; }
    if (typing || isEditing() || event.repeat && !"jk".includes(event.key)) return;
    if (event.key !== "?" && !$("keys-on").checked) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const action = key in KEYS ? ACTIONS[KEYS[key]] : { j: () => step(1), k: () => step(-1), o: foldAll }[key];
    if (!action) return;
    event.preventDefault();
    action();
  }

  function onDialogKey(event, dialog, typing) {
    if (dialog.id !== "reject") return;
    if (typing && event.key === "Enter") {
      event.preventDefault();
      const reason = $("reason").value.trim();
      if (reason) rejectFor(reason);
    } else if (!typing && /^[1-9]$/.test(event.key)) {
      event.preventDefault();
      const chosen = dialog.querySelectorAll("[data-reason]")[event.key - 1];
      if (chosen) rejectFor(chosen.dataset.reason);
      else $("reason").focus();
    }
  }

  function onClick(event) {
    const target = event.target.closest("[data-do], [data-reason], [data-take]");
    if (!target) return;
    if (target.dataset.reason) rejectFor(target.dataset.reason);
    else if (target.dataset.take) edit(row.others[target.dataset.take]);
    else ACTIONS[target.dataset.do]();
  }

  // ---------------------------------------------------------------- others

  async function poll() {
    if (document.hidden || delivering || openDialog()) return;
    try {
      const part = row ? "standing" : "row";
      const text = await ask(`/review/${part}?reviewer=${encodeURIComponent(reviewer)}`);
      const parsed = new DOMParser().parseFromString(text, "text/html");
      if (parsed.getElementById("row-data")) { await load("a row for you"); return; }
      // not under the reader's focus
      for (const id of ["row", "standing"]) {
        const fresh = parsed.getElementById(id);
        if (fresh && !$(id).contains(document.activeElement)) $(id).replaceWith(fresh);
      }
    } catch { /* the next decision tells */ }
  }

  document.addEventListener("keydown", onKey);
  document.addEventListener("click", onClick);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) seconds += (performance.now() - visibleSince) / 1000;
    visibleSince = performance.now();
  });
  addEventListener("beforeunload", (event) => {
    // an entry that is in the page's memory alone
    if ([...storage.names("entry/")].some(storage.isUnstored)) event.preventDefault();
  });
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  $("keys-on").checked = storage.get("keys") !== false;
  $("keys-on").addEventListener("change", () => storage.set("keys", $("keys-on").checked));
  setInterval(poll, POLL);
  show();
  showRefused();
  if (waiting().length) { say("Sending what was not stored…"); deliver(); } else say(standingText());
})();
