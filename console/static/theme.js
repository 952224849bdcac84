// Before the page is drawn: the theme that was chosen here, else the system's.
(() => {
  const chosen = localStorage.getItem("postroad-theme");
  if (chosen === "dark" || chosen === "light") document.documentElement.dataset.theme = chosen;
})();
