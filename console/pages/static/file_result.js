"use strict";
// The result of a job: how many events have which label, from which tier, and some of the rows.
window.fileResult = (() => {
  const { element, row } = window;
  const by = (id) => document.getElementById(id);
  const classes = JSON.parse(by("file-page").dataset.classes);
  const count = (number) => Math.round(number).toLocaleString("en");
  const badge = (label) => element("span", `badge ${classes[label] ?? ""}`, label);
  let job = null;

  function show(said) {
    job = said.id;
    by("download").href = said.result;
    by("notes").replaceChildren(...said.notes.map((note) => element("li", "", note)));
    sums(by("labels"), said, (each) => each.label, badge);
    sums(by("tiers"), said, (each) => each.tier, (tier) => tier);
    by("of-label").value = "";
    by("of-tier").value = "";
    return samples();
  }

  const title = (said) => `${said.name}: ${count(said.rows)} rows labelled in ${said.seconds < 10 ? said.seconds.toFixed(1) : count(said.seconds)} s`;

  function sums(body, said, key, shown) {
    const events = new Map();
    for (const each of said.counts) events.set(key(each), (events.get(key(each)) ?? 0) + each.events);
    body.replaceChildren(...[...events].sort((one, other) => other[1] - one[1]).map(([name, number]) => {
      const share = number / said.rows;
      const bar = element("meter", "");
      bar.value = share;
      bar.setAttribute("aria-hidden", "true");
      const percent = share < 0.001 ? "<0.1 %" : `${(100 * share).toFixed(1)} %`;
      return row([[shown(name)], [count(number), "number"], [percent, "number"], [bar, "wide-only bar"]]);
    }));
  }

  let turn = 0;
  async function samples() {
    const now = ++turn;
    const query = new URLSearchParams({ limit: "100" });
    if (by("of-label").value) query.set("label", by("of-label").value);
    if (by("of-tier").value) query.set("tier", by("of-tier").value);
    let found;
    try {
      found = await window.ask("GET", `/v1/jobs/${job}/rows?${query}`);
    } catch (error) {
      return window.say(error.message);
    }
    if (now !== turn) return undefined;
    const lines = found.map((each) => {
      const message = element("div", "", element("span", "message", each.log_message.slice(0, 500)));
      const more = [each.source, each.rule && `rule ${each.rule}`].filter(Boolean).join(" · ");
      if (more) message.append(element("p", "meta", more));
      const label = element("span", "", badge(each.label));
      if (each.best_guess) label.append(element("p", "meta", `perhaps ${each.best_guess}`));
      return row([[count(each.row), "number"], [message], [label], [each.confidence.toFixed(2), "number wide-only"], [each.tier, "wide-only"]]);
    });
    by("rows").replaceChildren(...(lines.length ? lines : [row([[""], [element("span", "soft", "No row is like this.")]])]));
    return undefined;
  }
  by("of-label").addEventListener("change", samples);
  by("of-tier").addEventListener("change", samples);
  return { show, title };
})();
