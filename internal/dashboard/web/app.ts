// What a page cannot be without a script. Everything else is plain links and forms.
import { copyOnClick } from "./copy";
import { openHelp, watchKeys } from "./keyboard";
import { follow } from "./live";
import { hearDocuments } from "./player";
import { selectMany } from "./select";
import { keepTimes } from "./time";
import { tellTrouble } from "./trouble";
import { takeUploads } from "./upload";

watchKeys();
follow();
keepTimes();
copyOnClick();
selectMany();
tellTrouble();
hearDocuments();
takeUploads();

document.addEventListener("click", (e) => {
  if ((e.target as Element).closest("[data-help]")) openHelp();
});
