/** The page's entry point: loads the configuration, signs the user in, and starts the page. */

import { Api, loadConfig } from "./api.js";
import { byID } from "./elements.js";
import { SignInError, explain } from "./errors.js";
import { Gate } from "./gate.js";
import { t, translate } from "./i18n.js";
import { placeIcons } from "./icons.js";
import { Page } from "./page.js";
import { SignIn } from "./sign-in.js";

const gate = new Gate(byID("gate"));

async function start() {
    gate.wait();
    try {
        const config = await loadConfig();
        const signIn = new SignIn(config.sign_in ?? null);
        if (signIn.isNeeded && !await isSignedIn(signIn)) return;
        const api = new Api(signIn);
        const person = { ...await api.me(), ...signIn.profile };
        gate.hide();
        new Page(config, signIn, api, person).start();
    } catch (error) {
        gate.show(t("start.failed"), explain(error), { label: t("retry"), onChoose: () => void start() });
    }
}

/** @param {SignIn} signIn @returns {Promise<boolean>} False if the user is being redirected or asked to sign in. */
async function isSignedIn(signIn) {
    const isCallback = location.pathname === "/authorize";
    if (!isCallback || !location.search) {
        if (signIn.takeSignedOut()) askToSignIn(signIn, t("signIn.signedOut"), "");
        else await signIn.begin(isCallback ? "/" : location.pathname);
        return false;
    }
    try {
        await signIn.finish();
        return true;
    } catch (error) {
        if (!(error instanceof SignInError)) throw error;
        askToSignIn(signIn, t("signIn.failed"), explain(error));
        return false;
    }
}

/** @param {SignIn} signIn @param {string} title @param {string} text */
function askToSignIn(signIn, title, text) {
    const begin = () => signIn.begin(location.pathname)
        .catch((error) => askToSignIn(signIn, t("signIn.failed"), explain(error)));
    gate.show(title, text, { label: t("signIn.action"), onChoose: begin });
}

translate(document);
placeIcons(document);
void start();
