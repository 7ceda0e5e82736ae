// Light or dark: as the system has it, until T is pressed. Decks, index and the speaker's window change together.
const page = document.documentElement;
const dark = matchMedia("(prefers-color-scheme: dark)");
const kept = () => { try { return localStorage.getItem("theme"); } catch { return null; } };
const show = () => page.classList.toggle("dark", (kept() ?? (dark.matches ? "dark" : "light")) === "dark");
show();
dark.addEventListener("change", show);
addEventListener("storage", show);

function otherTheme() {
  const theme = page.classList.contains("dark") ? "light" : "dark";
  try { localStorage.setItem("theme", theme); } catch { /* then it is for this page only */ }
  page.classList.toggle("dark", theme === "dark");
}
