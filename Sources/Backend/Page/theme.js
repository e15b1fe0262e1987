/**
 * Puts the person's looks on the document before anything is drawn. It is the one script that is no module, since
 * modules wait until the document has been read, and the page would flash. preferences.js writes what is read here.
 */
{
    const moreContrast = matchMedia("(prefers-contrast: more)");

    function putOn() {
        /** @type {import("./preferences.js").Preferences} */
        let wishes = {};
        try {
            wishes = JSON.parse(localStorage.getItem("ai4ai.preferences") ?? "{}") ?? {};
        } catch {
            // A browser that keeps nothing, or something that is not ours: the system's looks.
        }
        const { dataset } = document.documentElement;
        const looks = {
            theme: wishes.theme,
            text: wishes.textSize,
            contrast: wishes.contrast === "more" || (!wishes.contrast && moreContrast.matches) ? "more" : undefined,
        };
        for (const [name, value] of Object.entries(looks)) {
            if (value) dataset[name] = value;
            else delete dataset[name];
        }
    }

    putOn();
    document.addEventListener("ai4ai:preferences", putOn);
    addEventListener("storage", putOn);
    moreContrast.addEventListener("change", putOn);
}
