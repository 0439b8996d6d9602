// Texts that this browser keeps by name. Where it keeps nothing, they last until the tab closes.

const unstored = new Map();

export function stored(name) {
	try {
		return unstored.get(name) ?? localStorage.getItem(name);
	} catch {
		return null;
	}
}

/** Keep a text; null forgets it. */
export function store(name, text) {
	unstored.delete(name);
	try {
		if (text === null) localStorage.removeItem(name);
		else localStorage.setItem(name, text);
	} catch {
		unstored.set(name, text);
	}
}
