"use strict";
// The labelled stream: lines as they come, the newest first, a limited number of them.
(() => {
  const { element, row } = window;
  const by = (id) => document.getElementById(id);
  const table = by("stream");
  const kept = Number(table.dataset.kept);
  const classes = JSON.parse(table.dataset.classes);
  const count = (number) => number.toLocaleString("en");
  let source = null;
  let paused = false;
  let shown = 0;
  let leftOut = 0;
  let missed = 0;    // while paused

  function line(each) {
    const time = new Date(each.at_ms);
    const label = element("span", "", element("span", `badge ${classes[each.label] ?? ""}`, each.label));
    if (each.best_guess) label.append(element("p", "meta", `perhaps ${each.best_guess}`));
    const link = element("a", "template", each.text);
    link.href = `/templates/${each.template_id}`;
    const event = element("div", "", link);
    if (each.source) event.append(element("p", "meta", each.source));
    return row([
      [Number.isNaN(time.getTime()) ? "" : time.toLocaleTimeString("en-GB"), "wide-only number"],
      [label], [each.confidence.toFixed(2), "number wide-only"], [each.tier, "wide-only"], [event],
    ]);
  }

  function state() {
    const words = [`${count(shown)} shown`];
    if (leftOut) words.push(`${count(leftOut)} left out`);
    if (paused) words.push(`paused, ${count(missed)} since then`);
    by("state").textContent = words.join(", ");
  }

  function take(sent) {
    by("problem").hidden = !sent.problem;
    by("problem").textContent = sent.problem ?? "";
    if (paused) {
      missed += sent.lines.length + sent.left_out;
    } else if (sent.lines.length) {
      shown += sent.lines.length;
      leftOut += sent.left_out;
      by("lines").prepend(...sent.lines.reverse().map(line));
      while (by("lines").childElementCount > kept) by("lines").lastElementChild.remove();
    }
    state();
  }

  function connect() {
    source?.close();
    const wanted = new URLSearchParams([...new FormData(by("wanted"))].filter(([, value]) => value));
    history.replaceState(null, "", `/live?${wanted}`);
    by("state").textContent = "connecting …";
    source = new EventSource(`/live/events?${wanted}`);
    source.addEventListener("open", state);
    source.addEventListener("message", (event) => take(JSON.parse(event.data)));
    source.addEventListener("error", async () => {
      by("state").textContent = "The console cannot be reached; trying again.";
      if (source.readyState !== EventSource.CLOSED) return;  // it tries again by itself
      setTimeout(connect, 5000);
    });
  }

  let wait;
  by("wanted").addEventListener("input", () => { clearTimeout(wait); wait = setTimeout(restart, 300); });
  by("wanted").addEventListener("submit", (event) => { event.preventDefault(); restart(); });
  function restart() {
    by("lines").replaceChildren();
    shown = leftOut = missed = 0;
    connect();
  }
  by("pause").addEventListener("click", () => {
    paused = !paused;
    missed = 0;
    by("pause").textContent = paused ? "Go on" : "Pause";
    state();
  });
  by("clear").addEventListener("click", () => { by("lines").replaceChildren(); shown = leftOut = 0; state(); });
  window.addEventListener("pagehide", () => source?.close());
  window.addEventListener("pageshow", (event) => event.persisted && connect());
  connect();
})();
