#!/usr/bin/perl
# Writes UnicodeNormalization.txt.gz, the properties of Unicode 9.0 characters that the normalization forms need:
#
#     perl UnicodeNormalization.pl
#
# They are those of perl's own Unicode, whichever it has from 9.0 on: what a character is made of never changes once
# it is assigned, and characters assigned later are left out. The table's lines, with hexadecimal numbers:
#
#     combining CLASS CHARACTER...      characters of a canonical combining class other than 0
#     composed CHARACTER FIRST SECOND   canonical decomposition that is also a composition
#     canonical CHARACTER PART...       canonical decomposition only
#     compatible CHARACTER PART...      compatibility decomposition
use strict;
use warnings;
use FindBin;
use IO::Compress::Gzip qw(gzip $GzipError);
use Unicode::UCD qw(charinfo prop_invmap);

my (%combining, @decompositions);
my ($starts, $ages) = prop_invmap('Age');
for my $range (0 .. $#$starts) {
    next if $ages->[$range] eq 'Unassigned' || $ages->[$range] =~ /^V?(\d+)/ && $1 > 9;
    for my $character ($starts->[$range] .. ($starts->[$range + 1] // 0x110000) - 1) {
        # Letters of Hangul are put together by arithmetic; the rest is of ideographs, surrogates and private use.
        next if $character >= 0xAC00 && $character <= 0xD7A3 || $character >= 0xD800 && $character <= 0xF8FF
            || $character >= 0xF0000 || chr($character) =~ /\p{Unified_Ideograph}/;
        my $info = charinfo($character) or next;
        push @{$combining{$info->{combining}}}, $character if $info->{combining};
        push @decompositions, decomposition($character, $info->{decomposition}) if $info->{decomposition};
    }
}

my @combining = map { line('combining', $_, @{$combining{$_}}) } sort { $a <=> $b } keys %combining;
my $table = join '', @combining, @decompositions;
gzip \$table => "$FindBin::Bin/UnicodeNormalization.txt.gz", -Level => 9, -Minimal => 1 or die $GzipError;

sub decomposition {
    my ($character, $parts) = @_;
    my $kind = $parts =~ s/^<\w+> // ? 'compatible'
        : chr($character) =~ /\p{Full_Composition_Exclusion}/ ? 'canonical' : 'composed';
    return line($kind, $character, map { hex } split ' ', $parts);
}

sub line {
    my ($kind, @numbers) = @_;
    return join(' ', $kind, map { sprintf '%X', $_ } @numbers) . "\n";
}
