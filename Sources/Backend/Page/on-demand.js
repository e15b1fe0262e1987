/** What few users open, in one file that is loaded when it's first needed. */

export { showArchived } from "./archived.js";
export { showKept } from "./kept.js";
export { showModels } from "./model-dialog.js";
export { repeatRecipe, saveRecipe, showRecipes } from "./recipes.js";
export { showReplay } from "./replay.js";
export { showYourData } from "./your-data.js";
