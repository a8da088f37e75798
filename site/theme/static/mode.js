// Runs before the page is painted: light or dark as the reader chose, and the menu closed on a narrow screen.
(function () {
  var root = document.documentElement;
  root.classList.add("js");
  try {
    var mode = localStorage.getItem("claimbook-mode");
    if (mode === "light" || mode === "dark") root.dataset.theme = mode;
  } catch (error) { /* no storage: the system decides */ }
})();
