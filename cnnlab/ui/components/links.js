// Keeps a menu (a popover) open while a link is followed. By itself Streamlit follows the link, then closes the menu, and
// then tells the server about the page that was left: the server goes back to that page, and shows nothing.

const MENU = "[data-testid=stPopoverBody]";

// React follows a link below the body, and a menu hears of a click outside above it.
function keepMenuOpen(event) {
  if (event.target.closest?.("a[href]") && document.querySelector(MENU)) event.stopPropagation();
}

export default function () {
  document.body.addEventListener("click", keepMenuOpen);
  return () => document.body.removeEventListener("click", keepMenuOpen);
}
