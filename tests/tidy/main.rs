//! The rules of this workspace that neither the compiler nor clippy knows, checked on its sources.
//!
//! docs/style.md says why they are. A rule that is broken says where, and what to do instead.

mod bans;
mod source;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use bans::BANS;
use source::{Function, Source, last_word_of, word_of};

/// A file is read in one sitting.
const FILE: usize = 500;
/// A function fits one screen.
const FUNCTION: usize = 70;
/// Half of the functions outside tests are no longer.
const MEDIAN: usize = 7;
/// Nine tenths of them are no longer.
const NINE_TENTHS: usize = 25;
/// Where `unwrap` or `expect` stand outside tests: the file, how many, and why none of them can fail on
/// anything that came from outside.
const UNWRAPS: &[(&str, usize, &str)] = &[
    ("src/places/json.rs", 1, "a value of our own making is written to memory"),
    ("study/errors/src/main.rs", 1, "it is the mistake that is shown"),
];
/// Modules that know nothing but each other.
const GROUND: &[&str] = &["limits", "net", "random", "time"];

static FILES: LazyLock<Vec<PathBuf>> = LazyLock::new(|| {
    let mut files = Vec::new();
    walk(root(), &mut files);
    files.sort();
    files
});

static SOURCES: LazyLock<Vec<Source>> = LazyLock::new(|| {
    let is_rust = |path: &&PathBuf| path.extension().is_some_and(|extension| extension == "rs");
    let files = FILES.iter().filter(is_rust);
    files.filter_map(|path| Some(Source::new(name(path), &fs::read_to_string(path).ok()?))).collect()
});

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The path from the root of the workspace.
fn name(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

/// Every file that is not made by a build or a run.
fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        let is_made = path.file_name().is_some_and(|n| n == "target" || n == ".git" || n == "herd-data");
        match path.is_dir() {
            true if !is_made => walk(&path, files),
            false => files.push(path),
            true => {}
        }
    }
}

/// Files for people: their names, and their lines, counted from 1.
fn texts() -> impl Iterator<Item = (String, String)> {
    FILES.iter().filter_map(|path| Some((name(path), fs::read_to_string(path).ok()?)))
}

#[track_caller]
fn assert_none(violations: impl IntoIterator<Item = String>) {
    let violations: Vec<String> = violations.into_iter().collect();
    let count = violations.len();
    assert!(violations.is_empty(), "{count} to mend:\n{}", violations.join("\n"));
}

#[test]
fn nobody_names_what_is_not_theirs() {
    assert!(SOURCES.len() > 50, "the sources are found");
    assert_none(BANS.iter().flat_map(|ban| SOURCES.iter().flat_map(|source| ban.violations(source))));
}

#[test]
fn the_ground_modules_know_nothing_but_each_other() {
    assert_none(SOURCES.iter().filter(|source| is_ground(&source.path)).flat_map(stray_imports));
}

fn is_ground(path: &str) -> bool {
    path.strip_prefix("reactor/src/")
        .and_then(|file| file.strip_suffix(".rs"))
        .is_some_and(|module| GROUND.contains(&module))
}

fn stray_imports(source: &Source) -> Vec<String> {
    let imports = source.after("crate::").chain(source.after("super::"));
    let imports =
        imports.filter(|(line, _)| !source.is_test(*line)).map(|(line, rest)| (line, word_of(rest)));
    let path = &source.path;
    let say = |(line, word): (usize, &str)| {
        format!(
            "{path}:{line}: `{word}`: {GROUND:?} know nothing but each other; move it to whoever uses both"
        )
    };
    imports.filter(|(_, word)| !GROUND.contains(word)).map(say).collect()
}

#[test]
fn no_hash_map_is_iterated() {
    assert_none(SOURCES.iter().flat_map(iterated_hash_maps));
}

/// Looks for what a file declares to be a hash map or set, and for its iteration there.
fn iterated_hash_maps(source: &Source) -> Vec<String> {
    let lines: Vec<&str> = source.code.lines().collect();
    let types = ["HashMap", "HashSet"].into_iter().flat_map(|word| source.lines_with(word));
    let names: BTreeSet<&str> = types.filter_map(|line| declared(lines[line - 1])).collect();
    let uses = names.into_iter().flat_map(|name| source.after(name));
    let iterations = uses.filter(|(line, rest)| is_iteration(lines[line - 1], rest.trim_start()));
    let path = &source.path;
    let say = |line| {
        format!(
            "{path}:{line}: a hash map's order is random (law 8); use a BTreeMap, or keep a Vec beside it"
        )
    };
    iterations.map(|(line, _)| say(line)).collect()
}

/// Whether a map is gone through on this line, `rest` being what follows its name.
fn is_iteration(line: &str, rest: &str) -> bool {
    const METHODS: &[&str] =
        &[".iter", ".keys()", ".values", ".drain(", ".into_", ".retain(", ".extract_if("];
    METHODS.iter().any(|method| rest.starts_with(method)) || (line.contains(" in ") && rest.starts_with('{'))
}

/// The name that a line gives to a field or variable.
fn declared(line: &str) -> Option<&str> {
    let before = &line[..line.find([':', '='])?];
    Some(last_word_of(before.trim_end())).filter(|name| !name.is_empty() && *name != "use" && *name != "std")
}

#[test]
fn nothing_is_unwrapped_without_a_reason() {
    assert_none(SOURCES.iter().flat_map(unlisted_unwraps));
}

fn unlisted_unwraps(source: &Source) -> Vec<String> {
    let lines = [".unwrap()", ".expect("].into_iter().flat_map(|call| source.lines_with(call));
    let lines: Vec<usize> = lines.filter(|line| !source.is_test(*line)).collect();
    let path = &source.path;
    let listed = UNWRAPS.iter().find(|(file, ..)| file == path).map_or(0, |(_, count, _)| *count);
    if lines.len() == listed {
        return Vec::new();
    }
    let say = |line| {
        format!("{path}:{line}: unwrapped ({listed} listed in UNWRAPS, with a reason); return an error")
    };
    lines.into_iter().chain((listed > 0).then_some(1)).map(say).collect()
}

#[test]
fn files_and_functions_are_small() {
    let files = SOURCES.iter().filter_map(|source| {
        let lines = source.code.lines().count();
        (lines > FILE).then(|| format!("{}:1: {lines} lines, {FILE} at most; move a noun out", source.path))
    });
    let functions = SOURCES.iter().flat_map(|source| {
        let long = source.functions().filter(|function| function.lines > FUNCTION);
        long.map(|Function { name, line, lines, .. }| {
            format!("{}:{line}: `{name}` has {lines} lines, {FUNCTION} at most; name its parts", source.path)
        })
    });
    assert_none(files.chain(functions));
}

#[test]
fn most_functions_fit_a_glance() {
    let functions = SOURCES.iter().flat_map(Source::functions).filter(|function| !function.is_test);
    let mut lines: Vec<usize> = functions.map(|function| function.lines).collect();
    lines.sort_unstable();
    let [median, nine_tenths] = [lines.len() / 2, lines.len() * 9 / 10].map(|at| lines[at]);
    println!("{} functions: median {median} lines, nine tenths {nine_tenths} at most", lines.len());
    assert!(median <= MEDIAN, "half of the functions had at most {MEDIAN} lines, now {median}");
    assert!(nine_tenths <= NINE_TENTHS, "nine tenths had at most {NINE_TENTHS} lines, now {nine_tenths}");
}

#[test]
fn every_law_has_a_test_that_names_it() {
    const PAGE: &str = "docs/architecture.md";
    let page = fs::read_to_string(root().join(PAGE));
    let page = page.unwrap_or_else(|error| panic!("{PAGE}: {error}; the laws are written there"));
    let laws = laws(&page);
    assert_eq!(laws, (1..=9).collect::<Vec<_>>(), "{PAGE}: the laws under `## Laws`, each `1. **Name.** ..`");
    let has_test = |law: &u32| {
        let prefix = format!("law_{law}_");
        SOURCES.iter().flat_map(Source::functions).any(|f| f.is_test && f.name.starts_with(&prefix))
    };
    let missing = laws.into_iter().filter(|law| !has_test(law));
    assert_none(missing.map(|law| format!("{PAGE}: no test shows law {law}; name one `law_{law}_...`")));
}

/// The numbers of the laws of docs/architecture.md.
fn laws(page: &str) -> Vec<u32> {
    let under = page.lines().skip_while(|line| *line != "## Laws").skip(1);
    let under = under.take_while(|line| !line.starts_with("## "));
    under.filter_map(|line| line.split_once(". **")?.0.parse().ok()).collect()
}

#[test]
fn every_link_leads_somewhere() {
    let pages = texts().filter(|(name, _)| Path::new(name).extension().is_some_and(|e| e == "md"));
    assert_none(pages.flat_map(|(name, page)| dead_links(&name, &page)));
}

fn dead_links(name: &str, page: &str) -> Vec<String> {
    let folder = root().join(name).parent().map(Path::to_path_buf).unwrap_or_default();
    let is_dead = |target: &&str| {
        let file = target.split('#').next().unwrap_or_default();
        !target.contains(':') && !file.is_empty() && !folder.join(file).exists()
    };
    let links = (1..).zip(prose(page)).flat_map(|(line, text)| links(text).map(move |target| (line, target)));
    let dead = links.filter(|(_, target)| is_dead(target));
    let say = |(line, target)| format!("{name}:{line}: `{target}` does not exist; mend the link");
    dead.map(say).collect()
}

/// The lines of a page; those of code are empty.
fn prose(page: &str) -> impl Iterator<Item = &str> {
    let mut is_code = false;
    page.lines().map(move |line| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        if is_code || is_fence { "" } else { line }
    })
}

/// Where the links of a line lead: `[text](target)`; code in backticks has none.
fn links(line: &str) -> impl Iterator<Item = &str> {
    let targets = line.split('`').step_by(2).flat_map(|part| part.split("](").skip(1));
    targets.filter_map(|rest| rest.split(')').next())
}

#[test]
fn no_file_speaks_of_the_machine_it_was_written_on() {
    let folders = ["home", "root", "tmp", "Users", "work"].map(|folder| format!("/{folder}"));
    assert_none(texts().flat_map(|(name, text)| {
        let lines = text.lines().zip(1..).filter(|(line, _)| folders.iter().any(|f| names_path(line, f)));
        let say =
            |line| format!("{name}:{line}: a path of one machine; use a relative path or a temporary folder");
        lines.map(|(_, line)| say(line)).collect::<Vec<_>>()
    }));
}

/// Whether `folder` stands in the line as the beginning of a path.
fn names_path(line: &str, folder: &str) -> bool {
    let is_inner = |c: char| c.is_alphanumeric() || "_-.~}>)/*".contains(c);
    line.match_indices(folder).any(|(at, _)| {
        let (before, after) = (&line[..at], &line[at + folder.len()..]);
        !before.ends_with(is_inner)
            && !after.starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '-')
    })
}

#[test]
fn crates_come_from_crates_io() {
    const INDEX: &str = "registry+https://github.com/rust-lang/crates.io-index";
    let lock = fs::read_to_string(root().join("Cargo.lock")).unwrap_or_default();
    let sources = lock.lines().zip(1..).filter(|(line, _)| line.starts_with("source = "));
    let others = sources.filter(|(line, _)| *line != format!("source = \"{INDEX}\""));
    assert_none(
        others.map(|(line, at)| format!("Cargo.lock:{at}: {line}; depend on a release of crates.io")),
    );
    assert!(!root().join(".cargo").exists(), ".cargo: a registry is a machine's affair; keep it out of here");
}

#[test]
fn the_rules_find_what_breaks_them() {
    let bad = Source::new(
        "src/bad.rs",
        "use mio::Poll;\nlet n: HashMap<u8, u8> = x;\nfor a in &n {\n    n.values().next().unwrap();\n}",
    );
    let banned: Vec<String> = BANS.iter().flat_map(|ban| ban.violations(&bad)).collect();
    assert!(banned.len() == 1 && banned[0].starts_with("src/bad.rs:1: `mio`"), "{banned:?}");
    assert_eq!(iterated_hash_maps(&bad).len(), 2);
    assert_eq!(unlisted_unwraps(&bad).len(), 1);
    let stray = Source::new("reactor/src/net.rs", "use crate::time::Time;\nuse crate::link::Link;");
    assert!(is_ground(&stray.path) && stray_imports(&stray).len() == 1);
    assert_eq!(dead_links("README.md", "[a](Cargo.toml) [b](nowhere.md)\n```\n[c](code)\n```").len(), 1);
    assert_eq!(laws("## Laws\n\n1. **One.** x\n2. **Two.**\n\n## More\n3. **No.**"), [1, 2]);
    assert!(names_path("see /x/y", "/x") && !names_path("a/x/y /xy", "/x"));
}
