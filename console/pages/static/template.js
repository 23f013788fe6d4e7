"use strict";
// A template's page: a label is given or taken back here, and the page shows what the store then says.
(() => {
  const form = document.getElementById("correction");
  const id = form.dataset.id;

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const { label, source } = Object.fromEntries(new FormData(form));
    act(form.querySelector("button"), () => window.corrections.give([id], label, source), `${label} holds ${source === "*" ? "for every source" : `for ${source}`} from the next event on.`);
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-take-back]");
    if (button) act(button, () => window.corrections.undo(id, button.dataset.takeBack), "Taken back: the tiers decide again.");
  });

  async function act(button, request, done) {
    button.disabled = true;
    try {
      await request();
      window.say(done);
      await follow();
    } catch (error) {
      window.say(error.message);
    }
    button.disabled = false;
  }

  // The store hears of a verdict a moment after the broker has it: the part of the page is asked for until it is there.
  async function follow() {
    for (let turn = 0; turn < 20; turn += 1) {
      const answer = await fetch(location.pathname, { headers: { Accept: "text/html" } });
      if (answer.ok) {
        const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("verdicts");
        const old = document.getElementById("verdicts");
        if (withoutTimes(fresh) !== withoutTimes(old)) { old.replaceWith(fresh); return; }
      }
      await new Promise((after) => setTimeout(after, 250));
    }
  }
  function withoutTimes(section) {
    const copy = section.cloneNode(true);
    for (const time of copy.querySelectorAll("time")) time.textContent = time.dateTime;
    return copy.textContent.replace(/\s+/g, " ");
  }
})();
