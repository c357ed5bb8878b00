const signalbox = require("signalbox");

import("./scenario.mjs").then(({ scenario }) => scenario(signalbox, process.argv[2])).then(console.log);
