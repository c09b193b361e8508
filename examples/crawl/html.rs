//! As much of HTML as links need: tags and their attributes, comments, and that scripts and styles are no HTML.

use std::collections::BTreeSet;

/// What matters of a page.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Page {
    /// As they are written, but for character references.
    pub(crate) links: BTreeSet<String>,
    /// What a link can name after `#`.
    pub(crate) places: BTreeSet<String>,
}

pub(crate) fn read(text: &str) -> Page {
    let (mut page, mut rest) = (Page::default(), text);
    while let Some(begin) = rest.find('<') {
        rest = &rest[begin + 1..];
        if let Some(comment) = rest.strip_prefix("!--") {
            rest = comment.split_once("-->").map_or("", |(_, after)| after);
            continue;
        }
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        let tag = rest[..end].to_ascii_lowercase();
        rest = &rest[end..];
        if tag.is_empty() {
            continue;
        }
        while let Some((name, value, after)) = attribute(rest) {
            rest = after;
            match (tag.as_str(), name.as_str()) {
                (_, "id") | ("a", "name") => drop(page.places.insert(unescaped(value))),
                ("a" | "area" | "link", "href") | ("img" | "script" | "iframe" | "source", "src") => {
                    page.links.insert(unescaped(value.trim()));
                }
                _ => {}
            }
        }
        if tag == "script" || tag == "style" {
            let close = format!("</{tag}");
            let end = rest.to_ascii_lowercase().find(&close).unwrap_or(rest.len());
            rest = &rest[end..];
        }
    }
    page
}

/// The next attribute of a tag, its value, and what follows; none at the tag's end.
fn attribute(text: &str) -> Option<(String, &str, &str)> {
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
    let end = text.find(|c: char| c.is_whitespace() || matches!(c, '=' | '>' | '/')).unwrap_or(text.len());
    let (name, text) = text.split_at(end);
    if name.is_empty() {
        return None;
    }
    let Some(value) = text.trim_start().strip_prefix('=') else {
        return Some((name.to_ascii_lowercase(), "", text));
    };
    let value = value.trim_start();
    let (value, after) = match value.chars().next()? {
        quote @ ('"' | '\'') => value[1..].split_once(quote)?,
        _ => value.split_at(value.find(|c: char| c.is_whitespace() || c == '>').unwrap_or(value.len())),
    };
    Some((name.to_ascii_lowercase(), value, after))
}

/// With the characters that the commonest references stand for.
fn unescaped(text: &str) -> String {
    let named = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    named.iter().fold(text.to_owned(), |text, (reference, character)| text.replace(reference, character))
}
