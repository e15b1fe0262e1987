/** An address that a browser can read. @param {unknown} text @returns {URL | null} */
export function webAddress(text) {
    try {
        return new URL(String(text));
    } catch {
        return null;
    }
}
