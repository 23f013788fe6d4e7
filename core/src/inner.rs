//! Which messages are for the reference: those in which there may be another message.

/// Return whether a message may hold an event of its own, in JSON, logfmt or klog, which is for the reference to take apart.
pub fn holds_another(message: &[u8]) -> bool {
    let names_message = |place: usize| {
        let before = &message[..place];
        before.ends_with(b"msg") || before.ends_with(b"message")
    };
    message.first() == Some(&b'{')
        || is_numbered(message)
        || message.last() == Some(&b'\n')
        || memchr::memchr_iter(b'=', message).any(names_message)
}

/// Return whether a message starts with a letter of klog and the digits of its date.
fn is_numbered(message: &[u8]) -> bool {
    let start = message.split_at_checked(5).map(|(start, _)| start);
    start.is_some_and(|start| {
        b"IWEF".contains(&start[0]) && start[1..].iter().all(u8::is_ascii_digit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_may_hold_another() {
        for message in [
            &b"{}"[..],
            b"x\n",
            b"msg=x",
            b"E1128 10:00:01.000001 1 a.go:1] x",
            b"E1128",
        ] {
            assert!(holds_another(message));
        }
        for message in [&b"Error 1128"[..], b"E112", b"X1128 x", b"E112x", b""] {
            assert!(!holds_another(message));
        }
    }
}
