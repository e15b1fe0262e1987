/** The files of one chat, for their cards: which there are, their contents, and their removal. */

/** @typedef {import("./files.js").StoredFile} StoredFile */

export class ChatFiles {
    #api;
    #chat;
    #fail;
    /** @type {Promise<Set<string>> | null} */
    #known = null;

    /**
     * @param {import("./api.js").Api} api @param {string} chat The chat's ID.
     * @param {(error: unknown) => void} fail Shows an error.
     */
    constructor(api, chat, fail) {
        this.#api = api;
        this.#chat = chat;
        this.#fail = fail;
    }

    /** Whether a file isn't deleted. Where that can't be known now, it counts as there. @param {StoredFile} file */
    async has({ id }) {
        try {
            const known = this.#known;
            if (known && (await known).has(id)) return true;
            // The first list, or one of before the file arrived.
            if (known === this.#known) this.#known = this.#list();
            return (await /** @type {Promise<Set<string>>} */ (this.#known)).has(id);
        } catch {
            this.#known = null;
            return true;
        }
    }

    /** The bytes of a file. @param {StoredFile} file @returns {Promise<Blob | null>} */
    async content({ id }) {
        try {
            return await this.#api.file(this.#chat, id);
        } catch (error) {
            this.#fail(error);
            return null;
        }
    }

    /**
     * A picture for the file's thumbnail: its own, or that of a PDF's first page. Nobody has asked for it, so errors are
     * silent.
     * @param {StoredFile} file @returns {Promise<Blob | null>}
     */
    preview({ id, type }) {
        const picture = type === "application/pdf" ? this.#api.filePreview(this.#chat, id) : this.#api.file(this.#chat, id);
        return picture.catch(() => null);
    }

    /** @param {StoredFile} file @returns {Promise<boolean>} Whether it's deleted. */
    async remove({ id }) {
        try {
            await this.#api.removeFile(this.#chat, id);
            this.#known = null;
            return true;
        } catch (error) {
            this.#fail(error);
            return false;
        }
    }

    async #list() {
        const { files } = await this.#api.files(this.#chat);
        return new Set(files.map(({ id }) => id));
    }
}
