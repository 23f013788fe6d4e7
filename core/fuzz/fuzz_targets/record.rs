//! Whatever bytes come: what is taken for a plain record is one to another parser too, and what was learned is found.

#![no_main]

use libfuzzer_sys::fuzz_target;
use logsluice_core::engine::{Engine, Lesson};
use logsluice_core::names::{Names, Role};
use logsluice_core::record::scan;
use logsluice_core::records::Records;
use logsluice_core::rules::{Event, Rule, Rules};

fn names() -> Names {
    let mut names = Names::default();
    names.add("log_message", Role::Message(0));
    names.add("message", Role::Message(1));
    names.add("source", Role::Source(0));
    names.add("level", Role::Severity(0, false));
    names.add("classification", Role::Odd);
    names
}

fn rules() -> Rules {
    Rules::new(&[Rule {
        source: None,
        severities: None,
        relaxed: Some(r"status: [0-9][0-9]".to_owned()),
        exact: Some(r"status: 5\d".to_owned()),
    }])
}

fuzz_target!(|value: &[u8]| {
    let names = names();
    let Some(found) = scan(value, &names) else {
        return;
    };
    assert_eq!(value[found.end], b'}');
    let object: serde_json::Value = serde_json::from_slice(value).expect("a JSON object");
    let mut room = Vec::new();
    let message = found.message.map_or(&b""[..], |text| text.resolved(&mut room)).to_vec();
    let texts = ["log_message", "message"].map(|name| object[name].as_str().unwrap_or_default());
    let expected = texts.into_iter().find(|text| !text.is_empty());
    assert_eq!(expected.unwrap_or_default().as_bytes(), message);

    let source = found.source.map_or(&b"topic"[..], |source| source.raw);
    let event = Event {
        source,
        message: &message,
        severity: found.severity,
    };
    let mut engine = Engine::new(rules(), None, [].into(), 1 << 20);
    let mut records = Records::new(names, None);
    assert!(records.look_up(&mut engine, value, b"topic").is_none());
    let rule = rules().first_of(&[0], event).flatten();
    engine.learn(Lesson {
        event,
        candidates: &[0],
        rule,
        template: b"a template",
        answer: 7,
        bytes: 100,
    });
    if let Some(hit) = records.look_up(&mut engine, value, b"topic") {
        assert_eq!((hit.answer, hit.end), (7, found.end));
        assert_eq!(&*records.sources[hit.source as usize], source);
    }
});
