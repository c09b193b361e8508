//! The file, as a graph, and of that what a goal needs, in which every job knows how urgent it is.

use std::collections::HashMap;
use std::path::Path;

/// A rule of the file.
#[derive(Default)]
struct Rule {
    needs: Vec<String>,
    commands: Vec<String>,
}

/// The rules, by target.
pub(crate) struct Graph {
    rules: HashMap<String, Rule>,
    first: String,
}

/// A target to build.
pub(crate) struct Job {
    pub(crate) target: String,
    /// Ready for the shell, but for an `@` in front.
    pub(crate) commands: Vec<String>,
    /// All prerequisites, files that nobody builds too.
    pub(crate) needs: Vec<String>,
    /// How many of them are jobs.
    pub(crate) jobs_needed: usize,
    /// The jobs that need this one, by their places in the plan.
    pub(crate) needed_by: Vec<usize>,
    /// How many jobs the longest chain from here to a goal has, this one included.
    pub(crate) chain: usize,
}

impl Graph {
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let mut rules: HashMap<String, Rule> = HashMap::new();
        let (mut first, mut open): (Option<String>, Vec<String>) = (None, Vec::new());
        // A line that ends with a backslash goes on in the next one.
        let joined = text.replace("\\\r\n", " ").replace("\\\n", " ");
        for line in joined.lines() {
            if let Some(command) = line.strip_prefix('\t') {
                if open.is_empty() {
                    return Err(format!("a command before the first rule: {}", command.trim()));
                }
                for target in &open {
                    rules
                        .get_mut(target)
                        .expect("entered with its rule")
                        .commands
                        .push(command.trim().to_owned());
                }
                continue;
            }
            let line = line.split('#').next().unwrap_or_default().trim();
            if line.is_empty() {
                continue;
            }
            let Some((targets, needs)) = line.split_once(':') else {
                return Err(format!("neither a rule nor a command after a tab: {line}"));
            };
            open = targets.split_whitespace().map(str::to_owned).collect();
            if open.is_empty() {
                return Err(format!("a rule without a target: {line}"));
            }
            for target in &open {
                let rule = rules.entry(target.clone()).or_default();
                if !rule.commands.is_empty() {
                    return Err(format!("a second rule with commands for {target}"));
                }
                rule.needs.extend(needs.split_whitespace().map(str::to_owned));
                first.get_or_insert_with(|| target.clone());
            }
        }
        Ok(Graph { rules, first: first.ok_or("no rule")? })
    }

    /// What the goals need, every job after those that it needs.
    pub(crate) fn plan(&self, goals: &[String], directory: &Path) -> Result<Vec<Job>, String> {
        let mut planning =
            Planning { graph: self, directory, places: HashMap::new(), jobs: Vec::new(), path: Vec::new() };
        let default = [self.first.clone()];
        for goal in if goals.is_empty() { &default } else { goals } {
            planning.visit(goal)?;
        }
        let mut jobs = planning.jobs;
        // Those that need a job come after it.
        for place in (0..jobs.len()).rev() {
            let longest = jobs[place].needed_by.iter().map(|&other| jobs[other].chain).max();
            jobs[place].chain = 1 + longest.unwrap_or(0);
        }
        Ok(jobs)
    }
}

/// A walk of the graph, depth first.
struct Planning<'a> {
    graph: &'a Graph,
    directory: &'a Path,
    /// Of each name that the walk has left: its job, if it is not just a file.
    places: HashMap<String, Option<usize>>,
    jobs: Vec<Job>,
    /// From the goal to where the walk is.
    path: Vec<String>,
}

impl Planning<'_> {
    fn visit(&mut self, name: &str) -> Result<Option<usize>, String> {
        if let Some(&place) = self.places.get(name) {
            return Ok(place);
        }
        if let Some(begin) = self.path.iter().position(|other| other == name) {
            return Err(format!("a cycle: {} -> {name}", self.path[begin..].join(" -> ")));
        }
        let place = match self.graph.rules.get(name) {
            Some(rule) => {
                self.path.push(name.to_owned());
                let needed = rule.needs.iter().map(|need| self.visit(need)).collect::<Result<Vec<_>, _>>()?;
                self.path.pop();
                Some(self.add(name, rule, needed))
            }
            None if self.directory.join(name).exists() => None,
            None => {
                let by = self.path.last().map_or(String::new(), |by| format!(", which {by} needs"));
                return Err(format!("no rule and no file for {name}{by}"));
            }
        };
        self.places.insert(name.to_owned(), place);
        Ok(place)
    }

    fn add(&mut self, target: &str, rule: &Rule, needed: Vec<Option<usize>>) -> usize {
        let place = self.jobs.len();
        let mut needed: Vec<_> = needed.into_iter().flatten().collect();
        needed.sort_unstable();
        needed.dedup();
        needed.iter().for_each(|&other| self.jobs[other].needed_by.push(place));
        self.jobs.push(Job {
            target: target.to_owned(),
            commands: rule.commands.iter().map(|command| filled_in(command, target, &rule.needs)).collect(),
            needs: rule.needs.clone(),
            jobs_needed: needed.len(),
            needed_by: Vec::new(),
            chain: 1,
        });
        place
    }
}

/// The command with the values of `$@`, `$<`, `$^` and `$$`.
fn filled_in(command: &str, target: &str, needs: &[String]) -> String {
    let (mut filled, mut rest) = (String::new(), command.chars());
    while let Some(c) = rest.next() {
        match (c, rest.as_str().chars().next()) {
            ('$', Some('@')) => filled.push_str(target),
            ('$', Some('<')) => filled.push_str(needs.first().map_or("", String::as_str)),
            ('$', Some('^')) => filled.push_str(&needs.join(" ")),
            ('$', Some('$')) => filled.push('$'),
            _ => {
                filled.push(c);
                continue;
            }
        }
        rest.next();
    }
    filled
}
