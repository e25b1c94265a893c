//! A role of many members as JSON that is written a piece at a time: a hundred bytes a member would else
//! be held for as long as the client takes to read them. What is held is an id a member, which all who read
//! the role at the same version share.

use std::sync::Arc;

use uuid::Uuid;

use super::{
    is_shown,
    shown::{Shown as _, ShownRole, unwritable},
};
use crate::{
    directory::{Provider, Read, ReadError, RoleId, UserId, View, membership::each_member},
    scim::projection::Projection,
};

/// The JSON of a role of many members.
#[derive(Debug, Clone, PartialEq)]
pub struct LongRole {
    /// What stands before the first member.
    head: String,
    /// What stands behind the last one.
    tail: String,
    /// What stands before the first mention of its id in a member, between the two, and behind the second.
    around: [String; 3],
    members: Arc<Vec<UserId>>,
    /// How much was written already: the head, if anything was, and so many members.
    begun: bool,
    written: usize,
}

/// The ids of all members of a role that `caller` sees, in order; `None` is an operator.
///
/// # Errors
/// The store cannot be read.
pub fn member_ids(
    view: &(impl View + ?Sized),
    role: RoleId,
    caller: Option<Provider>,
) -> Read<Vec<UserId>> {
    let mut ids = Vec::new();
    each_member(view, role, |membership| {
        if is_shown(caller, membership.origin) {
            ids.push(membership.user);
        }
        Ok(())
    })?;
    ids.shrink_to_fit();
    Ok(ids)
}

impl LongRole {
    /// The whole of a role that was shown without its members, with these.
    ///
    /// # Errors
    /// It cannot be written as JSON.
    pub fn of(role: &ShownRole<'_>, members: Arc<Vec<UserId>>) -> Read<Self> {
        let mut long = Self {
            head: String::new(),
            tail: String::new(),
            around: Default::default(),
            members,
            begun: false,
            written: 0,
        };
        let Some(first) = long.members.first() else {
            long.head = role.text(&Projection::default())?;
            return Ok(long);
        };
        let alone = role.with_member((*first, None));
        let alone = alone.text(&Projection::default())?;
        let member = ShownRole::member(role.meta.base_url, *first, None);
        let member = serde_json::to_string(&member).map_err(unwritable)?;
        let id = first.to_string();
        let unlike = || ReadError("a role's member is not written as it should be".to_owned());
        // Nothing that stands behind the members looks like one.
        let (head, tail) = alone.rsplit_once(&member).ok_or_else(unlike)?;
        // The base URL stands between the two, and could hold anything.
        let (before, rest) = member.split_once(&id).ok_or_else(unlike)?;
        let (between, behind) = rest.rsplit_once(&id).ok_or_else(unlike)?;
        long.around = [before, between, behind].map(str::to_owned);
        (long.head, long.tail) = (head.to_owned(), tail.to_owned());
        Ok(long)
    }

    /// How many bytes are not written yet. Every id is as long as the others.
    pub fn bytes_left(&self) -> usize {
        let members = self.members.len() - self.written;
        let head = if self.begun { 0 } else { self.head.len() };
        let commas = if self.written == 0 {
            members.saturating_sub(1)
        } else {
            members
        };
        let tail = if self.begun && members == 0 {
            0
        } else {
            self.tail.len()
        };
        head + members * self.member_bytes() + commas + tail
    }

    /// How long each member is.
    fn member_bytes(&self) -> usize {
        let around: usize = self.around.iter().map(String::len).sum();
        around + 2 * uuid::fmt::Hyphenated::LENGTH
    }

    /// Its beginning, of at least so many bytes where it has them.
    pub fn beginning(&self, bytes: usize) -> String {
        let mut anew = Self {
            begun: false,
            written: 0,
            ..self.clone()
        };
        anew.next_piece(bytes)
    }

    /// The next piece, of about so many bytes; empty behind the last one.
    pub fn next_piece(&mut self, bytes: usize) -> String {
        let most = bytes + self.member_bytes() + 1 + self.tail.len();
        let mut piece = String::with_capacity(self.bytes_left().min(most));
        if !self.begun {
            self.begun = true;
            piece.push_str(&self.head);
        }
        let [before, between, behind] = self.around.each_ref().map(String::as_str);
        let mut id = Uuid::encode_buffer();
        while piece.len() < bytes
            && let Some(member) = self.members.get(self.written)
        {
            if self.written > 0 {
                piece.push(',');
            }
            let id = &*member.0.hyphenated().encode_lower(&mut id);
            for part in [before, id, between, id, behind] {
                piece.push_str(part);
            }
            self.written += 1;
            if self.written == self.members.len() {
                piece.push_str(&self.tail);
            }
        }
        piece
    }
}
