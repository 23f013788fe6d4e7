// Without search: it would need a worker that is made from text.
Redoc.init("/openapi.json", { disableSearch: true, hideDownloadButton: true }, document.getElementById("api"));
