/**
 * The chats that the user has deleted and may still get back. The web browser remembers them, so that they are deleted
 * even if the page is closed before the time for undoing is over, or the server can't be reached.
 */

/** After this time no page still offers to undo a deletion, in milliseconds. */
const longest = 60_000;

export class Deletions {
    #place;
    #remove;
    /** Those of this page. @type {Set<string>} */
    #mine = new Set();

    /**
     * @param {string} user Other users of this web browser have deletions of their own.
     * @param {(id: string, isLeaving: boolean) => Promise<void>} remove Deletes a chat for good.
     */
    constructor(user, remove) {
        this.#place = `ai4ai.deletions.${user}`;
        this.#remove = remove;
        addEventListener("pagehide", () => void this.finishAll(true));
    }

    /** @param {string} id */
    has(id) {
        return id in this.#read();
    }

    /** @param {string} id */
    add(id) {
        this.#mine.add(id);
        this.#write({ ...this.#read(), [id]: Date.now() });
    }

    /** Gets a chat back. @param {string} id @returns {boolean} Whether it was in time. */
    undo(id) {
        const isInTime = this.#mine.delete(id);
        if (isInTime) this.#forget(id);
        return isInTime;
    }

    /** Deletes a chat for good. If that fails, the chat is back. @param {string} id */
    async finish(id) {
        this.#mine.delete(id);
        try {
            await this.#remove(id, false);
        } finally {
            this.#forget(id);
        }
    }

    /** Deletes all chats of this page for good. What fails is tried again later. @param {boolean} isLeaving */
    async finishAll(isLeaving = false) {
        const ids = [...this.#mine];
        this.#mine.clear();
        await Promise.all(ids.map((id) => this.#retry(id, isLeaving)));
    }

    /** Deletes what an earlier page has left. One that is open beside this one may still offer to undo its own. */
    async finishAbandoned() {
        const old = Object.entries(this.#read())
            .filter(([id, time]) => !this.#mine.has(id) && Date.now() - time > longest);
        await Promise.all(old.map(([id]) => this.#retry(id, false)));
    }

    /** @param {string} id @param {boolean} isLeaving */
    async #retry(id, isLeaving) {
        try {
            await this.#remove(id, isLeaving);
            this.#forget(id);
        } catch {
            // A later page deletes it.
        }
    }

    /** @param {string} id */
    #forget(id) {
        const { [id]: _, ...others } = this.#read();
        this.#write(others);
    }

    /** @returns {Record<string, number>} When each chat was deleted. */
    #read() {
        try {
            return JSON.parse(localStorage.getItem(this.#place) ?? "{}") ?? {};
        } catch {
            return {};
        }
    }

    /** @param {Record<string, number>} entries */
    #write(entries) {
        try {
            if (Object.keys(entries).length) localStorage.setItem(this.#place, JSON.stringify(entries));
            else localStorage.removeItem(this.#place);
        } catch {
            // Without storage, a page that is closed early still sends its deletions.
        }
    }
}
