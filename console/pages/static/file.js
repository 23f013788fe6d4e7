"use strict";
// A file: its start is looked at, then it is sent, labelled as a job, and its result is shown.
(() => {
  const { element, row } = window;
  const by = (id) => document.getElementById(id);
  const root = by("file-page");
  const START_BYTES = 65536;
  const parts = ["choose", "look", "work", "result"];
  const count = (number) => Math.round(number).toLocaleString("en");
  let file = null;
  let sending = null;   // the request that carries the file
  let job = null;       // the id of the job
  let turn = 0;         // whatever was begun in an earlier turn is of no interest any more

  function show(part, title) {
    for (const each of parts) by(each).hidden = each !== part;
    for (const id of ["choose-error", "look-error"]) by(id).textContent = "";
    if (!title) return;
    const heading = by(`${part}-title`);
    heading.textContent = title;
    heading.focus({ preventScroll: true });
  }

  const sentence = async (answer) => {
    try { return (await answer.json()).error ?? `The console answered ${answer.status}.`; } catch { return `The console answered ${answer.status}.`; }
  };
  const AWAY = "The console cannot be reached.";

  // What was chosen, and how it is to be read.

  function reading() {
    const query = new URLSearchParams();
    if (by("message").value) query.set("message_column", by("message").value);
    if (by("source").value) query.set("source_column", by("source").value);
    return query;
  }

  async function look(chosen, fresh) {
    const now = ++turn;
    file = chosen;
    if (fresh) { by("message").replaceChildren(); by("source").replaceChildren(); }
    if (file.size > Number(root.dataset.mostBytes)) return fail(`${file.name} has ${count(file.size)} bytes, and this console takes ${count(root.dataset.mostBytes)} at most: cut it into several.`);
    let answer;
    try {
      const query = reading();
      query.set("name", file.name);
      answer = await fetch(`/v1/preview?${query}`, { method: "POST", body: file.slice(0, START_BYTES), headers: { "Content-Type": "application/octet-stream", Accept: "application/json" } });
    } catch {
      return fail(AWAY);
    }
    if (now !== turn) return undefined;
    if (!answer.ok) return fail(await sentence(answer));
    const found = await answer.json();
    if (now !== turn) return undefined;
    const called = { csv: "CSV", jsonl: "JSON", text: "plain text" }[found.format];
    if (fresh) {
      fill(by("message"), found.columns, found.message_column);
      fill(by("source"), ["", ...found.columns], found.source_column ?? "");
      show("look", `${file.name}: ${called}, ${count(file.size)} bytes${found.columns.length ? `, ${found.columns.length} columns` : ""}`);
    }
    by("look-error").textContent = "";
    by("first").replaceChildren(...found.rows.slice(0, 10).map((each) => row([
      [each.source || "–", "soft"], [element("span", "message", each.log_message.slice(0, 400))],
    ])));
    by("start").disabled = false;
    return undefined;
  }

  function fill(select, names, chosen) {
    select.replaceChildren(...names.map((name) => new Option(name || "none", name, false, name === chosen)));
    select.closest("label").hidden = names.filter(Boolean).length === 0;
  }

  // A file that cannot be read stays chosen where another column may help; else another one is asked for.
  function fail(text) {
    if (by("look").hidden) { show("choose"); by("choose-error").textContent = text; } else { by("look-error").textContent = text; by("start").disabled = true; by("first").replaceChildren(); }
  }

  // Sending, labelling, and asking how far it has come.

  function start() {
    const now = ++turn;
    const form = new FormData();
    form.append("file", file);
    sending = new XMLHttpRequest();
    sending.open("POST", `/v1/jobs?${reading()}`);
    sending.setRequestHeader("Accept", "application/json");
    sending.upload.addEventListener("progress", (event) => {
      if (now !== turn) return;
      by("progress").value = event.lengthComputable ? event.loaded / event.total : 0;
      by("rate").textContent = `${count(event.loaded / 1000)} of ${count(event.total / 1000)} kB sent`;
    });
    sending.addEventListener("load", () => {
      if (now !== turn) return;
      let said = {};
      try { said = JSON.parse(sending.responseText); } catch { /* a proxy's page */ }
      if (sending.status !== 202) return back(said.error ?? `The console answered ${sending.status}.`);
      sending = null;
      follow(said.id, now);
    });
    sending.addEventListener("error", () => now === turn && back(`${AWAY} The file was not sent.`));
    by("progress").removeAttribute("value");
    by("rate").textContent = "";
    show("work", `Sending ${file.name}`);
    sending.send(form);
  }

  function back(text) {
    sending = null;
    job = null;
    history.replaceState(null, "", location.pathname);
    if (!file) { show("choose"); by("choose-error").textContent = text; return; }
    by("look").hidden = false;
    by("work").hidden = true;
    by("look-error").textContent = text;
    by("look-title").focus();
  }

  async function follow(id, now) {
    job = id;
    history.replaceState(null, "", `#${id}`);  // a page that is loaded again goes on with it
    by("progress").removeAttribute("value");
    let shown = "";
    while (now === turn) {
      let said;
      try {
        const answer = await fetch(`/v1/jobs/${id}`, { headers: { Accept: "application/json" } });
        if (now !== turn) return;
        if (answer.status === 404) return back("This job is not there any more: a result is kept for an hour.");
        said = answer.ok ? await answer.json() : null;
      } catch {
        by("rate").textContent = `${AWAY} Trying again.`;
      }
      if (now !== turn) return;
      if (said) {
        if (said.state !== shown) show("work", { waiting: `${said.name} waits for its turn`, running: `Labelling ${said.name}` }[said.state] ?? said.name);
        shown = said.state;
        if (said.state === "failed") return back(said.error);
        if (said.state === "cancelled") return back("Cancelled: nothing was kept.");
        if (said.state === "done") { show("result", window.fileResult.title(said)); return window.fileResult.show(said); }
        if (said.state === "running") by("progress").value = said.share;
        by("rate").textContent = `${count(said.rows)} rows · ${count(said.rows_per_second)} a second${said.seconds_left === null || !said.rows ? "" : ` · ${time(said.seconds_left)} left`}`;
      }
      await new Promise((after) => setTimeout(after, 400));
    }
  }

  function time(seconds) {
    if (seconds < 1) return "less than a second";
    return seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`;
  }

  async function cancel() {
    turn += 1;
    const id = job;
    if (sending) { sending.abort(); return back("Cancelled: nothing was kept."); }
    by("cancel").disabled = true;
    try {
      const answer = await fetch(`/v1/jobs/${id}`, { method: "DELETE", headers: { Accept: "application/json" } });
      back(answer.ok || answer.status === 404 ? "Cancelled: nothing was kept." : await sentence(answer));
    } catch {
      window.say(AWAY);
      follow(id, ++turn);
    }
    by("cancel").disabled = false;
  }

  function restart() {
    turn += 1;
    job = null;
    file = null;
    by("chosen").value = "";
    history.replaceState(null, "", location.pathname);
    show("choose");
    by("chosen").focus();
  }

  by("chosen").addEventListener("change", () => by("chosen").files[0] && look(by("chosen").files[0], true));
  by("message").addEventListener("change", () => look(file, false));
  by("source").addEventListener("change", () => look(file, false));
  by("start").addEventListener("click", start);
  by("cancel").addEventListener("click", cancel);
  by("other").addEventListener("click", restart);
  by("again").addEventListener("click", restart);

  // A file may be dropped anywhere on the page.
  let over = 0;
  const lit = (on) => by("drop").classList.toggle("over", on);
  window.addEventListener("dragenter", (event) => { event.preventDefault(); over += 1; lit(true); });
  window.addEventListener("dragleave", () => { over -= 1; lit(over > 0); });
  window.addEventListener("dragover", (event) => event.preventDefault());
  window.addEventListener("drop", (event) => {
    event.preventDefault();
    over = 0;
    lit(false);
    const dropped = event.dataTransfer.files;
    if (!by("work").hidden) return window.say("One file at a time: this one is not labelled yet.");
    if (dropped.length > 1) return window.say("One file at a time: drop a single one.");
    if (dropped.length) { show("choose"); look(dropped[0], true); }
    return undefined;
  });

  if (/^#[\w-]+$/.test(location.hash)) { show("work", "Looking for your file"); follow(location.hash.slice(1), ++turn); }
})();
