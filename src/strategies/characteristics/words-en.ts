/**
 * Words that tell what a request is for, by kind and weight. `_` joins two words that must stand side by side; `^` asks
 * for the start of a sentence (after "please", "can you", "help me" and the like). Every form is written out: there is
 * no stemming to be surprised by.
 */
export type WordList = readonly (readonly [weight: number, words: string])[];

export const DEBUG_WORDS: WordList = [
  [3, "debug debugging debugged debugger traceback stacktrace stack_trace segfault segmentation_fault core_dump"],
  [3, "typeerror valueerror keyerror referenceerror syntaxerror attributeerror indexerror runtimeerror importerror"],
  [3, "nameerror rangeerror assertionerror modulenotfounderror nullpointerexception econnrefused enoent"],
  [3, "null_pointer unhandled_rejection ^fix ^troubleshoot ^diagnose"],
  [2, "bug bugs buggy exception exceptions crash crashes crashed crashing troubleshoot troubleshooting diagnose"],
  [
    2,
    "not_working doesn't_work don't_work isn't_working won't_compile won't_start won't_build won't_run can't_connect",
  ],
  [2, "doesn't_compile stopped_working memory_leak deadlock race_condition error_message error_code infinite_loop"],
  [2, "stack_overflow returns_undefined returns_null returns_none failing_test failing_tests throws_an i_broke"],
  [1.2, "error errors fix fixing broken fails failing hangs freezes wrong_with went_wrong goes_wrong what's_wrong"],
  [0.8, "failed throws undefined nan regression leak timeout timeouts unexpected unexpectedly incorrect breaks glitch"],
  [0.5, "fixed wrong why_does why_is why_isn't why_doesn't instead_of logs workaround"],
  [-1.2, "and_error standard_error error_bars bed_bugs linear_regression logistic_regression human_error fix_dinner"],
];

export const ANALYZE_WORDS: WordList = [
  [2, "analyze analyse analyzing analysing ^explain ^compare ^evaluate ^summarize ^summarise ^assess ^interpret"],
  [
    2,
    "^critique ^review ^prove ^derive ^calculate ^compute ^solve ^simplify ^discuss ^identify ^classify ^extract ^contrast ^examine",
  ],
  [1.6, "analysis explain compare comparing contrast evaluate assess interpret summarize summarise summarizing prove"],
  [2.2, "difference_between differences_between"],
  [1.6, "derive calculate compute solve classify pros_and strengths_and"],
  [1.6, "how_does why_do why_did sentiment trade-offs tradeoffs advantages disadvantages implications"],
  [1.2, "^describe ^count ^judge ^consider ^given area remainder triangle percentage ratio faster_than"],
  [1, "explains explaining explained comparison evaluation summary review critique proof interpretation estimate"],
  [1, "understand why_are what_does meaning_of means_that root_cause correlation trend trends versus vs causes_of"],
  [
    0.7,
    "equation integral derivative probability theorem hypothesis evidence argument data dataset results key_points",
  ],
  [
    0.9,
    "^why why_is why_does why_was average if_x total_of percent mean_by ^rate rate_the risks conclude reasoning plot_of",
  ],
  [0.5, "how_many what_happens reason reasons impact effect effects extract"],
];

export const GENERATE_WORDS: WordList = [
  [2.4, "^write ^rewrite ^rephrase ^paraphrase ^translate ^compose ^implement ^draft ^convert ^refactor ^proofread"],
  [
    1.8,
    "^generate ^create ^code ^continue ^polish ^shorten ^expand ^edit ^develop ^invent ^brainstorm ^come ^finish ^reword",
  ],
  [1.6, "rewrite rephrase paraphrase translate translation compose poem haiku limerick essay blog_post cover_letter"],
  [1.4, "^build ^make ^produce ^add ^turn ^suggest slogan tagline lyrics brainstorm names_for product_description"],
  [1.2, "rap song story sonnet nickname nicknames usernames toast names subject_lines press_release unit_tests bio"],
  [
    1,
    "write draft generate create implement speech script headline caption tweet newsletter invitation privacy_policy",
  ],
  [0.8, "written email letter article paragraph function class component regex word_essay words_long blog post ideas"],
  [
    0.5,
    "^give ^i_want a_short a_new code python typescript javascript rust html css in_french in_spanish in_german style",
  ],
];

export const PLAN_WORDS: WordList = [
  [3, "^plan roadmap itinerary"],
  [2.4, "a_plan plan_for plan_to study_plan meal_plan training_plan project_plan migration_plan action_plan the_plan"],
  [2.2, "planning milestones rollout ^organize ^organise ^schedule ^prioritize ^prioritise ^devise ^map ^arrange"],
  [2, "sprint_plan work_plan prepare_for preparing_for training_schedule prioritise workout_routine roll_out ^design"],
  [1.4, "^outline"],
  [
    1.6,
    "plan plans schedule timeline checklist prioritize break_down break_this steps_to step-by-step agenda action_items",
  ],
  [
    1.6,
    "curriculum which_order what_order in_order steps_should in_phases by_week should_we how_should do_first lay_out",
  ],
  [1.4, "day_trip strategy strategies phased phases go_about milestones deadlines ^set put_together first_step set_up"],
  [
    0.9,
    "organize organise budget logistics architecture deadline steps prepare preparing migrate migration backlog goals",
  ],
  [0.7, "weeks months how_do days trip launch from_scratch routine weekly system weekend concurrent learning sprint"],
];

export const SEARCH_WORDS: WordList = [
  [2.4, "^find ^search ^locate look_up ^lookup ^who what_year release_date phone_number open_now ^google ^fetch"],
  [
    2,
    "^where ^when who_is who_was who_wrote who_invented who_won when_was when_did when_is where_is where_can where_was",
  ],
  [2, "how_tall how_old how_far weather capital_of population_of search_for searching_for opening_hours ^list"],
  [1.5, "search looking_for restaurants nearby nearest citations sources latest recent_papers what_time which_country"],
  [1.5, "which_city which_company exchange_rate stock_price headquarters ^which links_to ^name any_papers"],
  [
    1,
    "find latest news papers articles price prices how_much references documentation website source population current",
  ],
  [
    0.8,
    "what_is what's_the how_many is_there are_there recommend near official list_of largest tallest oldest directed",
  ],
];

export const CHAT_WORDS: WordList = [
  [2.4, "^hi ^hello ^hey ^thanks ^thank good_morning good_night good_evening how_are ^bye joke i'm_bored let's_chat"],
  [
    1.6,
    "i_feel i'm_feeling you_think do_you are_you should_i what's_your your_favorite your_favourite talk_to let's_talk",
  ],
  [
    1.6,
    "role_of ^imagine ^picture ^embody lonely my_day cheer_me ^pretend ^lol ^haha ^congrats nice_to how's_it i_love i_hate i_miss i_just",
  ],
  [1, "feel feeling nervous excited tired bored sad happy proud advice opinion can_i chat my_friend my_boyfriend"],
  [1, "my_girlfriend my_wife my_husband my_mom my_dad my_boss my_cat my_dog would_you weekend birthday ok_to okay_to"],
  [0.6, "^ok ^okay ^yes ^no ^sure ^yeah ^well ^so you_are i_am i'm i_think honestly guess tell_me to_me fun"],
];

/** Things that break. With a {@link SYMPTOM_WORDS} beside one of them, somebody wants a repair. */
export const TECH_WORDS =
  "server api endpoint database db sql query table column schema migrations docker container kubernetes ingress nginx " +
  "redis mysql postgres postgresql mongodb npm yarn pip python node java javascript typescript react vue angular svelte " +
  "flutter android ios kotlin swift rust golang php laravel django flask rails spring webpack vite babel eslint jest pytest " +
  "test tests ci pipeline build deploy deployed deployment app apps browser chrome safari firefox console terminal shell bash " +
  "script scripts code function method loop variable array regex json yaml xml csv excel formula spreadsheet git branch commit " +
  "merge push repo repository module dependency dependencies import compiler request requests response login page button " +
  "dropdown modal screen website css html hook component wifi router printer laptop phone pc computer windows macos linux " +
  "ubuntu driver bluetooth usb keyboard monitor battery camera password token session cookie cache cron job queue worker " +
  "thread memory cpu gpu disk port socket ssl certificate dns proxy vpn backend frontend pytorch tensorflow cuda notebook " +
  "dataframe pandas numpy linked_list pointer images file files upload log_in";

export const SYMPTOM_WORDS =
  "doesn't don't isn't won't can't couldn't didn't wasn't hasn't aren't cannot can_not is_not does_not did_not could_not " +
  "not_found keeps stuck stopped stops fail fails failed failing failure nothing empty blank slow slowly twice duplicate " +
  "duplicates missing invalid denied refused rejected forbidden unauthorized disconnects disconnecting drops exits exited " +
  "killed hang hangs freezes frozen spinner forever wrong incorrect unexpectedly suddenly silently randomly flaky " +
  "intermittently since_yesterday after_upgrading after_updating no_longer anymore weird strange broke broken error errors " +
  "should_return but_it but_the lost deleted corrupted loses even_though although skips crashes crash doing_wrong " +
  "mistake everywhere_else stays_open overheating what_broke it_says just_exits";

/** Words that make it somebody's own affair. */
export const PERSON_WORDS = "i i'm i've i'd i'll my me mine you your you're yours myself we our us we're";

/** Words that make a request harder. */
export const HARD_WORDS =
  "prove proof derive theorem lemma conjecture hypothesis optimize optimise optimal optimization algorithm algorithms " +
  "complexity architecture distributed concurrency concurrent parallel asynchronous consistency scalability scalable " +
  "polynomial integral derivative matrix eigenvalue eigenvalues vector vectors probability combinatorics recursive recursion " +
  "dynamic_programming trade-offs tradeoffs rigorous formal formally invariant asymptotic differential equation equations " +
  "modulo prime primes divisible triangle quadrilateral perpendicular radius sequence permutations function_f " +
  "real_numbers positive_integer positive_integers integers design_patterns design_pattern fault-tolerant refactor " +
  "cryptographic legal jurisdiction liability diagnosis differential_diagnosis regression statistical causal " +
  "evaluate analyze analyse compare critique synthesize comprehensive thorough in-depth edge_cases simulate";

/** Words that set conditions. */
export const CONSTRAINT_WORDS =
  "must should exactly without least most only each every ensure require requires required constraint constraints " +
  "except unless at_least at_most no_more less_than greater_than more_than between avoid include including both neither " +
  "never always such_that satisfying subject_to given suppose assume let remaining total";

/** Words that chain one thought to the next. */
export const STEP_WORDS =
  "if then because therefore hence thus whether when after before first second third finally next step steps while " +
  "since however although otherwise whereas respectively consider process stage stages phase phases";

/** Words that say the answer is needed now, and that it is not. */
export const URGENT_WORDS = "urgent urgently asap immediately right_away emergency deadline_is quickly hurry";
export const PATIENT_WORDS = "no_rush no_hurry whenever_you take_your not_urgent isn't_urgent";

/** What may stand before the verb that matters; the word after it counts as the start of a sentence. */
export const LEAD_INS =
  "please kindly can_you could_you would_you will_you help_me need_to want_to want_you you_to me_to like_to like_you " +
  "let's just now also and_then then i_need hey hi hello to_help have_to pls plz quickly";
