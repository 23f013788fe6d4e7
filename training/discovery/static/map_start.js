"use strict";
// Makes a map in each element that names its data: data-map is the id of a script element with JSON, or data-map-url where
// to get it from.
for (const root of document.querySelectorAll("[data-map]")) {
  LogMap.mount(root, JSON.parse(document.getElementById(root.dataset.map).textContent));
}
for (const root of document.querySelectorAll("[data-map-url]")) {
  fetch(root.dataset.mapUrl).then((answer) => {
    if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
    return answer.json();
  }).then((data) => LogMap.mount(root, data)).catch((error) => { root.textContent = `The map cannot be shown: ${error.message}`; });
}
