/**
 * Applies the user's appearance settings before the first paint. The only script that isn't a module: modules run after
 * parsing, and the page would flash. preferences.js writes the settings.
 */
{
    const moreContrast = matchMedia("(prefers-contrast: more)");

    function putOn() {
        /** @type {import("./preferences.js").Preferences} */
        let wishes = {};
        try {
            wishes = JSON.parse(localStorage.getItem("ai4ai.preferences") ?? "{}") ?? {};
        } catch {
            // Storage is unavailable or holds invalid data: use the system's appearance.
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
