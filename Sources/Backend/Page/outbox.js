/**
 * The user's messages in a chat that the server hasn't acknowledged. Session storage keeps them across page reloads,
 * and each message keeps its ID, so that none is lost or sent twice.
 *
 * @typedef {{ id: string, text: string, at: string, files?: import("./files.js").StoredFile[], about?: string,
 *     recipe?: import("./recipes.js").RecipeCall }} Unsent
 */
export class Outbox {
    #place;
    /** @type {Unsent[]} */
    #unsent;

    /** @param {string} chat */
    constructor(chat) {
        this.#place = `ai4ai.outbox.${chat}`;
        this.#unsent = JSON.parse(sessionStorage.getItem(this.#place) ?? "[]");
    }

    /** The unacknowledged messages, oldest first. */
    get unsent() {
        return [...this.#unsent];
    }

    /**
     * @param {string} text @param {import("./files.js").StoredFile[]} [files] @param {string} [about]
     * @param {import("./recipes.js").RecipeCall} [recipe]
     * @returns {Unsent}
     */
    add(text, files = [], about = undefined, recipe = undefined) {
        const message = {
            id: freshMessageID(), text, at: new Date().toISOString(), ...(files.length ? { files } : {}),
            ...(about === undefined ? {} : { about }), ...(recipe ? { recipe } : {}),
        };
        this.#unsent.push(message);
        this.#keep();
        return message;
    }

    /** Removes a message that was acknowledged or given up. @param {string} id @returns {Unsent | undefined} */
    remove(id) {
        const message = this.#unsent.find((unsent) => unsent.id === id);
        this.#unsent = this.#unsent.filter((unsent) => unsent.id !== id);
        this.#keep();
        return message;
    }

    #keep() {
        if (this.#unsent.length) sessionStorage.setItem(this.#place, JSON.stringify(this.#unsent));
        else sessionStorage.removeItem(this.#place);
    }
}

function freshMessageID() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
