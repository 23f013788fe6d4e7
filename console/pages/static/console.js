"use strict";
// What every page needs: to make elements, and to say in words what a request came to, for eyes and screen readers alike.
window.element = (name, kind, ...content) => {
  const made = document.createElement(name);
  made.className = kind;
  made.append(...content);
  return made;
};
// A row of a table, of cells given as what they hold and their class.
window.row = (cells) => window.element("tr", "", ...cells.map(([content, kind = ""]) => window.element("td", kind, content)));
// Asks for JSON; what is wrong is thrown as a sentence.
window.ask = async (method, address, body) => {
  let answer;
  try {
    answer = await fetch(address, {
      method,
      headers: body ? { "Content-Type": "application/json", Accept: "application/json" } : { Accept: "application/json" },
      body: body && JSON.stringify(body),
    });
  } catch {
    throw new Error("The console cannot be reached.");
  }
  const text = await answer.text();
  let content = {};
  try { content = text ? JSON.parse(text) : {}; } catch { /* a proxy's page */ }
  if (!answer.ok) throw new Error(content.error || `The console answered ${answer.status}.`);
  return content;
};
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
