/**
 * Announces events to screen readers, politely and in batches: texts from within 800 ms are announced together, and
 * duplicates among them only once.
 */
export class Announcer {
    /** @type {Set<string>} */
    #waiting = new Set();
    #timer = 0;
    #region;

    /** @param {HTMLElement} region A polite live region. */
    constructor(region) {
        this.#region = region;
    }

    /** @param {string} text */
    say(text) {
        if (!text) return;
        this.#waiting.add(text);
        this.#timer ||= setTimeout(() => {
            this.#timer = 0;
            // Use a new paragraph for each text, so that a repeated text is announced again.
            this.#region.replaceChildren(...[...this.#waiting].map((words) => {
                const paragraph = document.createElement("p");
                paragraph.textContent = words;
                return paragraph;
            }));
            this.#waiting.clear();
        }, 800);
    }
}
