/**
 * What a person likes, kept in the browser: language and looks, never a token or a word of a chat.
 *
 * @typedef {object} Preferences
 * @property {"en" | "ms"} [language] The browser's, where absent.
 * @property {"light" | "dark"} [theme] The system's, where absent.
 * @property {"more" | "normal"} [contrast] The system's, where absent.
 * @property {"large" | "larger"} [textSize]
 * @property {boolean} [singleKeys] Whether a key alone, such as `?`, does something. It does where absent.
 */

const place = "ai4ai.preferences";

/** @returns {Preferences} */
export function preferences() {
    try {
        return JSON.parse(localStorage.getItem(place) ?? "{}") ?? {};
    } catch {
        return {};
    }
}

/**
 * Keeps a wish, or goes back to the system's with `undefined`. theme.js puts it on the document.
 * @template {keyof Preferences} Name
 * @param {Name} name
 * @param {Preferences[Name]} value
 */
export function setPreference(name, value) {
    try {
        localStorage.setItem(place, JSON.stringify({ ...preferences(), [name]: value }));
    } catch {
        // The browser keeps nothing for us; the wish cannot hold.
    }
    document.dispatchEvent(new Event("ai4ai:preferences"));
}
