"""A closed-loop call center in virtual time: people, attackers, trunk, captcha lane, operators."""
