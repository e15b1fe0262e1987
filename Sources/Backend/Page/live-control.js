/**
 * Who has the browser in hand, as the server tells it, and the person's lease of it.
 *
 * @typedef {"agent" | "taking" | "you" | "other"} Owner
 */

/** How often the lease is made longer, in milliseconds. */
const renewal = 15_000;
/** How long the agent's work may take to stop. */
const patience = 20_000;

export class LiveControl {
    /** @type {Owner} */
    owner = "agent";
    #send;
    #changed;
    #end = 0;
    #clock = 0;
    #renewed = 0;
    #patience = 0;
    #isConnected = true;

    /**
     * @param {(frame: object) => void} send
     * @param {() => void} changed Called when somebody else has it in hand, and each second of the person's lease.
     */
    constructor(send, changed) {
        this.#send = send;
        this.#changed = changed;
    }

    get secondsLeft() {
        return Math.max(0, Math.ceil((this.#end - performance.now()) / 1000));
    }

    take() {
        if (this.owner === "you" || this.owner === "taking") return;
        this.#become("taking");
        this.#send({ type: "control.take" });
        this.#patience = setTimeout(() => this.refuse(), patience);
    }

    release() {
        if (this.owner === "you") this.#send({ type: "control.release" });
        this.#become("agent");
    }

    /** It was not given. */
    refuse() {
        if (this.owner === "taking") this.#become("agent");
    }

    /** The server's word. A hold without an id is told to all; the one who took it gets its id. */
    receive({ owner = "agent", control_id: id, lease_seconds: seconds }) {
        if (!owner.startsWith("person")) {
            // An older word may come while the browser is being taken.
            if (this.owner !== "taking") this.#become("agent");
        } else if (id !== undefined && id !== null) {
            this.#end = performance.now() + (seconds ?? 45) * 1000;
            if (this.owner === "you") this.#changed();
            else this.#become("you");
        } else if (this.owner === "agent") {
            this.#become("other");
        }
    }

    /** A hold outlives its connection; the next one takes it up again, if it is in time. */
    setConnected(isConnected) {
        this.#isConnected = isConnected;
        if (isConnected && this.owner === "you") this.#renew();
    }

    clear() {
        this.#become("agent", true);
    }

    /** @param {Owner} owner */
    #become(owner, isSilent = false) {
        clearTimeout(this.#patience);
        clearInterval(this.#clock);
        const isNew = owner !== this.owner;
        this.owner = owner;
        if (owner === "you") {
            this.#renewed = performance.now();
            this.#clock = setInterval(() => this.#tick(), 1000);
        }
        if (isNew && !isSilent) this.#changed();
    }

    #tick() {
        if (this.secondsLeft === 0) return this.#become("agent");
        if (performance.now() - this.#renewed >= renewal) this.#renew();
        this.#changed();
    }

    #renew() {
        if (!this.#isConnected) return;
        this.#renewed = performance.now();
        this.#send({ type: "control.renew" });
    }
}
