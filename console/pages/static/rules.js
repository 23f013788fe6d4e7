"use strict";
// The page Rules: a suggestion is accepted by its button; J and K go from one to the next.
(() => {
  const box = document.getElementById("suggested");
  box.addEventListener("htmx:afterSwap", () => box.removeAttribute("aria-busy"));

  box.addEventListener("click", async (event) => {
    const button = event.target.closest("button.accept");
    if (!button) return;
    const section = button.closest("section");
    const outcome = section.querySelector(".outcome");
    const rule = JSON.parse(section.dataset.rule);
    button.disabled = true;
    outcome.textContent = "";
    try {
      const added = await window.ask("POST", "/v1/rules", rule);
      outcome.textContent = `✓ accepted, in ${added.bundle}`;
      window.say(`${added.rule} is in ${added.bundle}; services swap it in between two batches.`);
      next(section, 1);
    } catch (error) {
      button.disabled = false;
      outcome.textContent = "not accepted";
      window.say(error.message);
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
    const step = { j: 1, k: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    next(event.target.closest("section.rule"), step);
  });

  // To the button of the next rule that can be accepted; from nowhere to the first.
  function next(section, step) {
    const sections = [...box.querySelectorAll("section.rule")];
    let place = section ? sections.indexOf(section) + step : 0;
    while (sections[place] && sections[place].querySelector("button.accept").disabled) place += step;
    const to = sections[place];
    if (to) to.querySelector("button.accept").focus();
  }
})();
