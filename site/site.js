// Draws the figures of a page when they come into view, and judges its quiz. `fitted` is the course's own
// (src/plot/fit.js), which follows the width and the colours of the page.
(function () {
  "use strict";
  var figures = Array.prototype.slice.call(document.querySelectorAll(".draw"));
  function draw(place) {
    var spec = (window.FIGURES || {})[place.id];
    if (spec && window.Plotly && !place.dataset.drawn) {
      place.dataset.drawn = "yes";
      fitted(place, spec);
    }
  }
  if ("IntersectionObserver" in window) {
    var seen = new IntersectionObserver(function (entries) {
      entries.forEach(function (entry) {
        if (entry.isIntersecting) { seen.unobserve(entry.target); draw(entry.target); }
      });
    }, {rootMargin: "400px"});
    figures.forEach(function (place) { seen.observe(place); });
  } else {
    figures.forEach(draw);
  }
  // On paper all of them are wanted, and tables as wide as it is.
  var tables = document.querySelectorAll(".result table"), paper = 640;
  window.addEventListener("beforeprint", function () {
    figures.forEach(draw);
    // Before a print the page is still that of the screen, whose letters and gaps are larger.
    var larger = matchMedia("print").matches ? 1 : 1.6;
    tables.forEach(function (table) { table.style.zoom = Math.min(1, larger * paper / table.scrollWidth); });
  });
  window.addEventListener("afterprint", function () {
    tables.forEach(function (table) { table.style.zoom = ""; });
  });
  // The book says its colours on its root; figures look again when the window changes.
  new MutationObserver(function () { window.dispatchEvent(new Event("resize")); })
    .observe(document.documentElement, {attributes: true, attributeFilter: ["class"]});

  // What mdBook leaves to a mouse: what scrolls can be reached by the keyboard, and the label that opens the
  // contents says that it is a button.
  document.querySelectorAll("pre > code, .table-wrapper").forEach(function (part) { part.tabIndex = 0; });
  var contents = document.getElementById("mdbook-sidebar-toggle");
  if (contents) { contents.setAttribute("role", "button"); }

  document.querySelectorAll(".quiz fieldset").forEach(function (question) {
    var said = question.querySelector(".said"), reason = question.querySelector("details");
    question.addEventListener("change", function (event) {
      var right = event.target.value === question.dataset.right;
      said.textContent = right ? "Right." : "Not that one.";
      if (right) { reason.open = true; }
    });
  });
})();
