import { keyName } from "./browser-keys.js";

/**
 * Passes on what a person does on the browser's picture: mouse, wheel, touch and keyboard, as the frames of the
 * socket say it. The keyboard is taken by a field of text that is not seen, so that input methods work.
 */

/** The least time between two moves, and between two turns of the wheel, in milliseconds. */
const moveInterval = 50;
const wheelInterval = 60;
/** Two clicks within this time and distance are one double click. */
const clickPause = 450;
const clickDistance = 6;
/** A finger that moved further than this scrolls; one that stays longer than this is a right click. */
const tapDistance = 10;
const longPress = 550;
const buttons = ["left", "middle", "right"];
/** A message must not get longer than a socket of AgentCore takes. */
const longestPiece = 8000;
const longestPaste = 100_000;
/** Something to delete, or a phone's keyboard tells nothing of its backspace. */
const sentinel = "\u200b";

export class BrowserInput {
    #canvas;
    #keys;
    #options;
    #isActive = false;
    #lastMove = 0;
    #moveTimer = 0;
    #nextMove = null;
    #held = null;
    #click = { time: -Infinity, x: 0, y: 0, button: "", count: 0 };
    #wheel = { x: 0, y: 0, place: null, timer: 0 };
    #touch = null;

    /**
     * @param {HTMLCanvasElement} canvas
     * @param {HTMLTextAreaElement} keys The field that takes the keyboard.
     * @param {object} options
     * @param {(frame: object) => void} options.send
     * @param {(point: {clientX: number, clientY: number}) => {x: number, y: number}} options.placeOf
     * @param {() => number} options.scale How many of the page's pixels one of the window is.
     * @param {() => void} options.onLeave The person gives the keyboard back.
     * @param {() => void} options.onIdle Something was tried without control.
     */
    constructor(canvas, keys, options) {
        this.#canvas = canvas;
        this.#keys = keys;
        this.#options = options;
        this.#listenToPointer();
        this.#listenToKeys();
    }

    /** Whether what the person does is passed on. @param {boolean} isActive */
    setActive(isActive) {
        if (isActive === this.#isActive) return;
        this.#isActive = isActive;
        // Fingers scroll the page around while they do nothing on the picture.
        this.#canvas.style.touchAction = isActive ? "none" : "auto";
        if (!isActive) {
            this.#keys.blur();
            // What was begun is over: its end is not heard any more.
            this.#cancel();
            this.#nextMove = null;
            clearTimeout(this.#moveTimer);
            this.#moveTimer = 0;
        }
    }

    takeKeyboard() {
        this.#keys.value = sentinel;
        this.#keys.focus({ preventScroll: true });
    }

    // Mouse

    #listenToPointer() {
        const canvas = this.#canvas;
        const whenActive = (action) => (event) => {
            if (this.#isActive) action(event);
        };
        canvas.addEventListener("pointerdown", (event) => {
            if (!this.#isActive) return this.#options.onIdle();
            canvas.setPointerCapture(event.pointerId);
            if (event.pointerType === "touch") this.#touchDown(event);
            else this.#mouseDown(event);
        });
        canvas.addEventListener("pointermove", whenActive((event) => {
            if (event.pointerType === "touch") this.#touchMove(event);
            else this.#move(event);
        }));
        canvas.addEventListener("pointerup", whenActive((event) => {
            if (event.pointerType === "touch") this.#touchUp(event);
            else this.#mouseUp(event);
        }));
        canvas.addEventListener("pointercancel", () => this.#cancel());
        canvas.addEventListener("wheel", whenActive((event) => this.#turn(event)), { passive: false });
        // The focus stays with the keyboard's field, and the middle button does not scroll.
        canvas.addEventListener("mousedown", whenActive((event) => event.preventDefault()));
        canvas.addEventListener("contextmenu", whenActive((event) => event.preventDefault()));
    }

    #mouseDown(event) {
        this.takeKeyboard();
        const button = buttons[event.button];
        if (!button) return;
        const place = this.#options.placeOf(event);
        this.#flushMove();
        this.#held = button;
        this.#mouse("down", place, button, this.#countClick(event, button));
    }

    #mouseUp(event) {
        const button = buttons[event.button];
        if (!button) return;
        this.#flushMove();
        this.#held = null;
        this.#mouse("up", this.#options.placeOf(event), button, this.#click.count || 1);
    }

    #countClick({ clientX: x, clientY: y, timeStamp: time }, button) {
        const last = this.#click;
        const isNext = button === last.button && time - last.time < clickPause
            && Math.hypot(x - last.x, y - last.y) < clickDistance;
        this.#click = { time, x, y, button, count: isNext ? (last.count % 3) + 1 : 1 };
        return this.#click.count;
    }

    /** Moves come faster than anybody needs them: the newest goes out, a little later. */
    #move(event) {
        this.#nextMove = this.#options.placeOf(event);
        const left = moveInterval - (performance.now() - this.#lastMove);
        if (left <= 0) this.#flushMove();
        else this.#moveTimer ||= setTimeout(() => this.#flushMove(), left);
    }

    #flushMove() {
        clearTimeout(this.#moveTimer);
        this.#moveTimer = 0;
        if (!this.#nextMove) return;
        this.#lastMove = performance.now();
        this.#options.send({
            type: "input.mouse", action: "move", ...this.#nextMove, ...(this.#held ? { button: this.#held } : {}),
        });
        this.#nextMove = null;
    }

    #mouse(action, place, button, clicks) {
        this.#options.send({ type: "input.mouse", action, ...place, button, clicks });
    }

    #turn(event) {
        // With this key the wheel makes the person's own page larger.
        if (event.ctrlKey) return;
        event.preventDefault();
        const unit = [1, 16, this.#canvas.clientHeight][event.deltaMode] ?? 1;
        this.#scroll(this.#options.placeOf(event), event.deltaX * unit, event.deltaY * unit);
    }

    #scroll(place, x, y) {
        const wheel = this.#wheel;
        wheel.x += x;
        wheel.y += y;
        wheel.place = place;
        wheel.timer ||= setTimeout(() => {
            wheel.timer = 0;
            const [deltaX, deltaY] = [Math.round(wheel.x), Math.round(wheel.y)];
            wheel.x = 0;
            wheel.y = 0;
            if (!this.#isActive || (!deltaX && !deltaY)) return;
            this.#options.send({ type: "input.wheel", ...wheel.place, delta_x: deltaX, delta_y: deltaY });
        }, wheelInterval);
    }

    // Touch: a tap clicks, a stroke scrolls, and a finger that stays is a right click.

    #touchDown(event) {
        if (this.#touch) return;
        const { pointerId: id, clientX: x, clientY: y } = event;
        const place = this.#options.placeOf(event);
        this.#touch = { id, x, y, start: { x, y }, isStroke: false, timer: 0 };
        this.#touch.timer = setTimeout(() => {
            if (!this.#isActive || !this.#touch || this.#touch.isStroke) return;
            this.#touch = null;
            this.#tap(place, "right", 1);
        }, longPress);
    }

    #touchMove(event) {
        const touch = this.#touch;
        if (event.pointerId !== touch?.id) return;
        touch.isStroke ||= Math.hypot(event.clientX - touch.start.x, event.clientY - touch.start.y) > tapDistance;
        if (!touch.isStroke) return;
        clearTimeout(touch.timer);
        const scale = this.#options.scale();
        this.#scroll(
            this.#options.placeOf({ clientX: touch.start.x, clientY: touch.start.y }),
            (touch.x - event.clientX) * scale, (touch.y - event.clientY) * scale);
        touch.x = event.clientX;
        touch.y = event.clientY;
    }

    #touchUp(event) {
        const touch = this.#touch;
        if (event.pointerId !== touch?.id) return;
        clearTimeout(touch.timer);
        this.#touch = null;
        if (touch.isStroke) return;
        this.#tap(this.#options.placeOf(event), "left", this.#countClick(event, "left"));
        this.takeKeyboard();
    }

    #tap(place, button, clicks) {
        this.#options.send({ type: "input.mouse", action: "move", ...place });
        this.#mouse("down", place, button, clicks);
        this.#mouse("up", place, button, clicks);
    }

    #cancel() {
        clearTimeout(this.#touch?.timer);
        this.#touch = null;
        this.#held = null;
    }

    // Keyboard

    #listenToKeys() {
        const keys = this.#keys;
        keys.addEventListener("keydown", (event) => {
            if (!this.#isActive || event.isComposing || event.keyCode === 229) return;
            if (event.key === "Escape" && !event.shiftKey && !event.ctrlKey && !event.altKey && !event.metaKey) {
                event.preventDefault();
                event.stopPropagation();
                return this.#options.onLeave();
            }
            const key = keyName(event);
            if (!key) return;
            event.preventDefault();
            // The page around has short cuts of its own.
            event.stopPropagation();
            this.#options.send({ type: "input.key", key });
        });
        keys.addEventListener("beforeinput", (event) => {
            const key = { deleteContentBackward: "Backspace", insertLineBreak: "Enter" }[event.inputType];
            if (!key || event.isComposing || !this.#isActive) return;
            event.preventDefault();
            this.#options.send({ type: "input.key", key });
        });
        keys.addEventListener("input", (event) => {
            if (!(/** @type {InputEvent} */ (event).isComposing)) this.#flushText();
        });
        // What was composed is in the field only after this event, in some browsers.
        keys.addEventListener("compositionend", () => setTimeout(() => this.#flushText()));
        keys.addEventListener("paste", (event) => {
            event.preventDefault();
            this.#text(event.clipboardData?.getData("text/plain") ?? "");
        });
        keys.addEventListener("drop", (event) => event.preventDefault());
    }

    #flushText() {
        const text = this.#keys.value.replaceAll(sentinel, "");
        this.#keys.value = sentinel;
        this.#text(text);
    }

    #text(text) {
        if (!this.#isActive) return;
        for (let start = 0; start < Math.min(text.length, longestPaste);) {
            // A sign of two halves must not be cut in the middle.
            const isHalf = /[\ud800-\udbff]/.test(text[start + longestPiece - 1] ?? "");
            const end = start + longestPiece + (isHalf ? 1 : 0);
            this.#options.send({ type: "input.text", text: text.slice(start, end) });
            start = end;
        }
    }
}
