/**
 * The user's preferences in local storage: language and appearance, never tokens or chats.
 *
 * @typedef {object} Preferences
 * @property {"en" | "ms"} [language] The web browser's language if absent.
 * @property {"light" | "dark"} [theme] The system's setting if absent.
 * @property {"more" | "normal"} [contrast] The system's setting if absent.
 * @property {"large" | "larger"} [textSize]
 * @property {number} [liveShare] The part of the window for the live browser.
 * @property {boolean} [notifies] Whether the web browser shows notifications. False if absent.
 * @property {boolean} [singleKeys] Whether single-key shortcuts such as `?` are enabled. True if absent.
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
 * Saves a preference; `undefined` restores the default. theme.js applies it to the document.
 * @template {keyof Preferences} Name
 * @param {Name} name
 * @param {Preferences[Name]} value
 */
export function setPreference(name, value) {
    try {
        localStorage.setItem(place, JSON.stringify({ ...preferences(), [name]: value }));
    } catch {
        // Storage is unavailable, so the preference can't be saved.
    }
    document.dispatchEvent(new Event("ai4ai:preferences"));
}
