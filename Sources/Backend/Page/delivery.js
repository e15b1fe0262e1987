/** Delivers the user's messages: on the socket, repeated until acknowledged, or by HTTP without a socket. */

import { ApiError } from "./errors.js";
import { Outbox } from "./outbox.js";

/** How long to wait for an acknowledgment, in milliseconds. */
const timeout = 8000;

/**
 * @typedef {object} Transports
 * @property {(frame: object) => boolean} send Sends a frame on the socket; false if there is no connection.
 * @property {(unsent: import("./outbox.js").Unsent) => Promise<any>} post Sends by HTTP, for networks that block WebSockets.
 * @property {(saved: any) => void} onSaved
 * @property {(unsent: import("./outbox.js").Unsent, error: unknown) => void} onRefused Called if retrying can't help.
 */
export class Delivery {
    #outbox;
    #transports;
    #timer = 0;

    /** @param {string} chat @param {Transports} transports */
    constructor(chat, transports) {
        this.#outbox = new Outbox(chat);
        this.#transports = transports;
    }

    get unsent() {
        return this.#outbox.unsent;
    }

    /**
     * @param {string} text @param {import("./files.js").StoredFile[]} files
     * @param {string} [about] The run that waited when the text was written; empty if none did.
     * @param {import("./recipes.js").RecipeCall} [recipe] The recipe that the user has chosen for it.
     * @returns {import("./outbox.js").Unsent}
     */
    add(text, files, about, recipe) {
        const unsent = this.#outbox.add(text, files, about, recipe);
        this.send();
        return unsent;
    }

    /** @param {string} id */
    acknowledge(id) {
        this.#outbox.remove(id);
    }

    /** Withdraws the oldest unsent message, which the server has rejected. @param {unknown} error */
    refuseOldest(error) {
        const [oldest] = this.#outbox.unsent;
        if (oldest) this.#refuse(oldest.id, error);
    }

    /** Sends all unacknowledged messages, and again later if they're still unacknowledged. */
    send() {
        clearTimeout(this.#timer);
        if (!this.unsent.length) return;
        const wayIsOpen = this.unsent
            .map(({ id, text, files, about, recipe }) => this.#transports.send({
                type: "user.message", client_message_id: id, text, files: files?.map((file) => file.id), about, recipe,
            }))
            .some((isSent) => isSent);
        this.#timer = setTimeout(() => {
            if (!wayIsOpen) void this.#post();
            this.send();
        }, timeout);
    }

    async #post() {
        for (const unsent of this.unsent) {
            const { id } = unsent;
            try {
                const saved = await this.#transports.post(unsent);
                this.#outbox.remove(id);
                this.#transports.onSaved(saved);
            } catch (error) {
                const isHopeless = error instanceof ApiError && !error.isUnreachable && error.status !== 429;
                if (!isHopeless) return;
                this.#refuse(id, error);
            }
        }
    }

    /** @param {string} id @param {unknown} error */
    #refuse(id, error) {
        const unsent = this.#outbox.remove(id);
        if (unsent) this.#transports.onRefused(unsent, error);
    }
}
