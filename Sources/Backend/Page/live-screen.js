/** How many times larger than what fits the picture can be. */
export const zooms = [1, 1.5, 2, 3, 4];

/** Draws the browser's frames on a canvas, as large as its container allows. Drops all but the newest frame. */
export class LiveScreen {
    /** @type {{jpeg: string, width: number, height: number} | null} */
    #next = null;
    /** @type {ImageBitmap | null} */
    #picture = null;
    #isDecoding = false;
    /** Counts calls to `clear`, so that a frame that was decoded across one is discarded. */
    #clearings = 0;
    #frame = 0;
    #size = { width: 1280, height: 800 };
    /** How many times larger the picture is than what fits. */
    #zoom = zooms[0];
    #stage;
    #resizes = new ResizeObserver(() => this.#paintSoon());

    /**
     * @param {HTMLCanvasElement} canvas
     * @param {HTMLElement} stage The container that the canvas fits into.
     */
    constructor(canvas, stage) {
        this.canvas = canvas;
        this.#stage = stage;
        this.#resizes.observe(stage);
    }

    get isEmpty() {
        return this.#picture === null;
    }

    /**
     * @param {{jpeg: string, width: number, height: number}} frame The size is that of the browser page, in its pixels.
     */
    show(frame) {
        this.#next = frame;
        if (!this.#isDecoding) void this.#decode();
    }

    clear() {
        cancelAnimationFrame(this.#frame);
        this.#frame = 0;
        this.#clearings += 1;
        this.#next = null;
        this.#picture?.close();
        this.#picture = null;
        this.canvas.getContext("2d").clearRect(0, 0, this.canvas.width, this.canvas.height);
    }

    /**
     * The position on the browser page under a point of this window.
     * @param {{clientX: number, clientY: number}} point
     * @returns {{x: number, y: number}}
     */
    placeOf({ clientX, clientY }) {
        const box = this.canvas.getBoundingClientRect();
        const { width, height } = this.#size;
        const along = (value, limit) => Math.round(Math.min(Math.max(value, 0), limit - 1) * 10) / 10;
        return {
            x: along(((clientX - box.left) / box.width) * width, width),
            y: along(((clientY - box.top) / box.height) * height, height),
        };
    }

    /** The number of pixels of the browser page per CSS pixel of this window. */
    get scale() {
        return this.#size.width / (this.canvas.getBoundingClientRect().width || this.#size.width);
    }

    get zoom() {
        return this.#zoom;
    }

    /** Enlarges the picture around the middle of what is shown. @param {number} zoom */
    enlarge(zoom) {
        const stage = this.#stage;
        const by = zoom / this.#zoom;
        const middle = [stage.scrollLeft + stage.clientWidth / 2, stage.scrollTop + stage.clientHeight / 2];
        this.#zoom = zoom;
        stage.classList.toggle("is-enlarged", zoom > 1);
        // It can be scrolled with the keyboard then.
        stage.tabIndex = zoom > 1 ? 0 : -1;
        this.#paint();
        stage.scrollTo(middle[0] * by - stage.clientWidth / 2, middle[1] * by - stage.clientHeight / 2);
    }

    async #decode() {
        this.#isDecoding = true;
        while (this.#next) {
            const { jpeg, width, height } = this.#next;
            const clearings = this.#clearings;
            this.#next = null;
            try {
                const bytes = Uint8Array.from(atob(jpeg), (character) => character.charCodeAt(0));
                const picture = await createImageBitmap(new Blob([bytes], { type: "image/jpeg" }));
                if (clearings !== this.#clearings) {
                    picture.close();
                    continue;
                }
                this.#picture?.close();
                this.#picture = picture;
                this.#size = { width: width || picture.width, height: height || picture.height };
                this.#paintSoon();
            } catch {
                // Skip a frame that can't be decoded; the next one replaces it.
            }
        }
        this.#isDecoding = false;
    }

    #paintSoon() {
        this.#frame ||= requestAnimationFrame(() => {
            this.#frame = 0;
            this.#paint();
        });
    }

    #paint() {
        const { width, height } = this.#size;
        this.#stage.style.setProperty("--live-ratio", `${width} / ${height}`);
        const fit = this.#zoom * Math.min(this.#stage.clientWidth / width, this.#stage.clientHeight / height);
        if (!this.#picture || !(fit > 0)) return;
        const { canvas } = this;
        const [cssWidth, cssHeight] = [Math.floor(width * fit), Math.floor(height * fit)];
        canvas.style.width = `${cssWidth}px`;
        canvas.style.height = `${cssHeight}px`;
        const [pixelWidth, pixelHeight] = [cssWidth, cssHeight].map((side) => Math.round(side * devicePixelRatio));
        // Setting the size clears the canvas, and costs more than drawing over it.
        if (canvas.width !== pixelWidth || canvas.height !== pixelHeight) {
            canvas.width = pixelWidth;
            canvas.height = pixelHeight;
        }
        const context = canvas.getContext("2d");
        context.imageSmoothingQuality = "high";
        context.drawImage(this.#picture, 0, 0, pixelWidth, pixelHeight);
    }
}
