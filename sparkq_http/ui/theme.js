// Runs before the first paint, so that the page does not flash in another theme.
try {
	const theme = localStorage.getItem("theme");
	if (theme) document.documentElement.dataset.theme = theme;
} catch {
	// Without storage the page has the theme of the system.
}
