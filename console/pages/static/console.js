"use strict";
// What every page needs: to say in words what a request came to, for eyes and screen readers alike.
(() => {
  const box = document.getElementById("said");
  let timer;
  window.say = (text) => {
    box.textContent = text;
    clearTimeout(timer);
    timer = setTimeout(() => { box.textContent = ""; }, 6000);
  };
  document.body.addEventListener("htmx:responseError", (event) => {
    let sentence = `The console answered ${event.detail.xhr.status}.`;
    try { sentence = JSON.parse(event.detail.xhr.responseText).error || sentence; } catch { /* no JSON */ }
    window.say(sentence);
  });
  // A page that nobody looks at asks for nothing.
  document.body.addEventListener("htmx:beforeRequest", (event) => {
    if (document.hidden && event.detail.requestConfig.verb === "get") event.preventDefault();
  });
  document.body.addEventListener("htmx:sendError", () => window.say("The console cannot be reached."));
})();
