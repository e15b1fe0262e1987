/** Parses a URL; null if it's invalid. @param {unknown} text @returns {URL | null} */
export function webAddress(text) {
    try {
        return new URL(String(text));
    } catch {
        return null;
    }
}
